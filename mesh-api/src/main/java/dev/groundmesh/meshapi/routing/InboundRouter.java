package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.MeshPorts;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.routing.InboundDecision.Refuse;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an inbound connection may reach. Bytes only ever go to the workload that the
 * listener stands for; what the client asks for chooses the port. Stateless, for any thread.
 */
public final class InboundRouter {

  private InboundRouter() {}

  /**
   * An HBONE request.
   *
   * @param local the workload whose listener took the connection
   * @param connectionDestination the address that the tunnel was made to
   */
  public static InboundDecision decide(
      MeshSnapshot mesh,
      Workload local,
      IpAddress connectionDestination,
      ConnectAuthority authority) {
    return switch (authority) {
      case ConnectAuthority.Ip ip -> decideAddress(mesh, local, connectionDestination, ip);
      case ConnectAuthority.Hostname name ->
          decideHostname(mesh, local, connectionDestination, name);
    };
  }

  /** A captured connection without a tunnel, to {@code port} of {@code destination}. */
  public static InboundDecision decidePlaintext(IpAddress destination, int port) {
    return MeshPorts.isOwn(port)
        ? loop(port)
        : new Deliver(port, new Target.Address(destination, port), null, null);
  }

  private static InboundDecision decideAddress(
      MeshSnapshot mesh,
      Workload local,
      IpAddress connectionDestination,
      ConnectAuthority.Ip authority) {
    if (!authority.ip().equals(connectionDestination)
        && local.applicationTunnel() == null
        && !isWaypointOf(mesh, local, connectionDestination, authority.ip())) {
      return new Refuse(
          ReasonCode.AUTHORITY_NOT_ALLOWED,
          authority + " (expected: " + connectionDestination + ")");
    }
    return deliver(
        local, authority.port(), new Target.Address(authority.ip(), authority.port()), null);
  }

  private static InboundDecision decideHostname(
      MeshSnapshot mesh,
      Workload local,
      IpAddress connectionDestination,
      ConnectAuthority.Hostname authority) {
    Service service = mesh.serviceByHostname(authority.hostname(), local.namespace(), null);
    if (service == null) {
      return new Refuse(ReasonCode.SERVICE_UNKNOWN, authority.hostname());
    }
    int port = targetPort(local, service, authority.port());
    if (port == 0) {
      return new Refuse(
          ReasonCode.SERVICE_PORT_UNKNOWN, service.key() + " port " + authority.port());
    }
    Target.Address requested = new Target.Address(connectionDestination, port);
    if (local.applicationTunnel() != null) {
      IpAddress vip = vipOf(service, local.network());
      if (vip == null) {
        return new Refuse(
            ReasonCode.SERVICE_UNKNOWN,
            service.key() + " has no address that the application could be told");
      }
      requested = new Target.Address(vip, authority.port());
    }
    return deliver(local, port, requested, service);
  }

  private static InboundDecision deliver(
      Workload local, int port, Target.Address requested, @Nullable Service service) {
    if (MeshPorts.isOwn(port)) {
      return loop(port);
    }
    ApplicationTunnel tunnel = local.applicationTunnel();
    if (tunnel == null) {
      return new Deliver(port, requested, service, null);
    }
    if (tunnel.protocol() == ApplicationTunnel.Protocol.UNSUPPORTED) {
      return new Refuse(ReasonCode.UNSUPPORTED_APPLICATION_TUNNEL, local.uid());
    }
    return new Deliver(tunnel.port() == 0 ? port : tunnel.port(), requested, service, tunnel);
  }

  private static Refuse loop(int port) {
    return new Refuse(ReasonCode.LOOP, "port " + port);
  }

  /** The port that {@code local} serves the service's port on, its own map first; 0 if none. */
  private static int targetPort(Workload local, Service service, int servicePort) {
    PortMap ports = local.portsFor(service.key());
    Port port = ports == null ? null : ports.find(servicePort);
    if (port == null || port.targetPort() == 0) {
      port = service.ports().find(servicePort);
    }
    return port == null ? 0 : port.targetPort();
  }

  /**
   * The address that names a service towards an application: of the own network first, IPv4 first.
   */
  private static @Nullable IpAddress vipOf(Service service, String network) {
    NetworkAddress best = null;
    int bestRank = -1;
    for (NetworkAddress vip : service.vips()) {
      int rank = (vip.network().equals(network) ? 2 : 0) + (vip.address().isV4() ? 1 : 0);
      if (rank > bestRank) {
        best = vip;
        bestRank = rank;
      }
    }
    return best == null ? null : best.address();
  }

  /** Whether {@code local} is the waypoint of the service or workload at {@code address}. */
  private static boolean isWaypointOf(
      MeshSnapshot mesh, Workload local, IpAddress connectionDestination, IpAddress address) {
    Workload workload = mesh.workloadAt(local.network(), address);
    if (workload != null) {
      return isGateway(mesh, local, connectionDestination, workload.waypoint());
    }
    Service service = mesh.serviceAt(local.network(), address, null);
    if (service == null) {
      return false;
    }
    if (isGateway(mesh, local, connectionDestination, service.waypoint())) {
      return true;
    }
    return service.weightedWaypoints().stream()
        .anyMatch(weighted -> isGateway(mesh, local, connectionDestination, weighted.waypoint()));
  }

  private static boolean isGateway(
      MeshSnapshot mesh,
      Workload local,
      IpAddress connectionDestination,
      @Nullable GatewayAddress gateway) {
    if (gateway == null) {
      return false;
    }
    return switch (Gateways.find(mesh, gateway, null)) {
      case Gateways.ServiceGateway(Service service) -> local.portsFor(service.key()) != null;
      case Gateways.WorkloadGateway(Workload workload) ->
          workload.hasAddress(connectionDestination);
      case Gateways.Missing missing -> false;
    };
  }
}
