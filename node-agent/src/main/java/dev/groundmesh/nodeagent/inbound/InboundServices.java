package dev.groundmesh.nodeagent.inbound;

import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Guesses of telemetry, pure: the protocol does not say by which Service a pod was reached. */
final class InboundServices {
  private InboundServices() {}

  /**
   * The workload's Service of the host name that the client gave, else the first one that serves
   * the port.
   */
  static @Nullable Service guess(
      MeshSnapshot mesh, Workload local, int port, @Nullable String forwardedHost) {
    Service byPort = null;
    for (ServiceMembership membership : local.services()) {
      NamespacedHostname key = membership.service();
      Service service = mesh.service(key);
      if (service == null) {
        continue;
      }
      if (forwardedHost != null && key.hostname().equals(forwardedHost)) {
        return service;
      }
      if (byPort == null && serves(membership.ports(), port)) {
        byPort = service;
      }
    }
    return byPort;
  }

  /** The workload that a client's address belongs to on our own network. */
  static @Nullable Workload sourceOf(MeshSnapshot mesh, String network, InetSocketAddress source) {
    return mesh.workloadAt(network, IpAddress.of(source.getAddress()));
  }

  private static boolean serves(PortMap ports, int port) {
    return ports.asList().stream().anyMatch(p -> p.targetPort() == port);
  }
}
