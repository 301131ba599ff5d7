package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import org.jspecify.annotations.Nullable;

/** Finds what the address of a waypoint or gateway names. */
final class Gateways {

  /** What an address names. */
  sealed interface Found {}

  /** A service; any of its endpoints is the gateway. */
  record ServiceGateway(Service service) implements Found {}

  /** A workload. */
  record WorkloadGateway(Workload workload) implements Found {}

  /** Nothing that is known. */
  record Missing() implements Found {}

  private static final Found MISSING = new Missing();

  private Gateways() {}

  /**
   * What {@code gateway} names.
   *
   * @param clientNamespace whose view of the services counts; null for all services
   */
  static Found find(MeshSnapshot mesh, GatewayAddress gateway, @Nullable String clientNamespace) {
    return switch (gateway.destination()) {
      case GatewayAddress.ByHostname(var name) ->
          found(mesh.service(name), () -> mesh.workloadByHostname(name));
      case GatewayAddress.ByAddress(NetworkAddress(var network, var address)) ->
          found(
              mesh.serviceAt(network, address, clientNamespace),
              () -> mesh.workloadAt(network, address));
      case GatewayAddress.Unsupported unsupported -> MISSING;
    };
  }

  private static Found found(@Nullable Service service, Supplier workload) {
    if (service != null) {
      return new ServiceGateway(service);
    }
    Workload found = workload.get();
    return found == null ? MISSING : new WorkloadGateway(found);
  }

  private interface Supplier {
    @Nullable Workload get();
  }
}
