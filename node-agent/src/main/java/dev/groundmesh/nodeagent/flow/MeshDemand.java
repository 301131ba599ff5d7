package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of the mesh must be asked for before a connection can be decided, where the agent follows
 * only what traffic needs. Pure.
 */
public final class MeshDemand {
  private MeshDemand() {}

  /** The keys of workload xDS that a connection needs and the snapshot lacks; perhaps none. */
  public static List<String> missing(
      MeshSnapshot mesh, String network, Workload source, IpAddress destination) {
    List<String> keys = new ArrayList<>(2);
    Service service = mesh.serviceAt(network, destination, source.namespace());
    Workload workload = mesh.workloadAt(network, destination);
    if (service == null && workload == null) {
      keys.add(new NetworkAddress(network, destination).toString());
      return keys;
    }
    if (workload != null) {
      addGateway(keys, mesh, workload.waypoint());
      addGateway(keys, mesh, workload.networkGateway());
    }
    if (workload == null && service != null) {
      addGateway(keys, mesh, service.waypoint());
      for (WeightedWaypoint waypoint : service.weightedWaypoints()) {
        addGateway(keys, mesh, waypoint.waypoint());
      }
      for (Workload endpoint : mesh.endpoints(service.key()).all()) {
        if (!endpoint.network().equals(network)) {
          addGateway(keys, mesh, endpoint.networkGateway());
        }
      }
    }
    return keys;
  }

  private static void addGateway(
      List<String> keys, MeshSnapshot mesh, @Nullable GatewayAddress gateway) {
    String key = gateway == null ? null : keyOf(mesh, gateway);
    if (key != null && !keys.contains(key)) {
      keys.add(key);
    }
  }

  private static @Nullable String keyOf(MeshSnapshot mesh, GatewayAddress gateway) {
    return switch (gateway.destination()) {
      case GatewayAddress.ByHostname(NamespacedHostname service) ->
          mesh.service(service) == null ? service.toString() : null;
      case GatewayAddress.ByAddress(NetworkAddress address) ->
          mesh.workloadAt(address.network(), address.address()) == null
                  && mesh.serviceAt(address.network(), address.address(), "") == null
              ? address.toString()
              : null;
      case GatewayAddress.Unsupported _ -> null;
    };
  }
}
