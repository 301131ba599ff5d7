package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where an outbound connection goes, and all that is needed to connect there. */
public sealed interface OutboundDecision {

  /**
   * Plain TCP.
   *
   * @param destination the workload there; null if it is not known
   */
  record Passthrough(
      Target target, @Nullable Workload destination, @Nullable Service service, OutboundRule rule)
      implements OutboundDecision {}

  /**
   * To a workload that is enrolled on this node: authorize as its inbound side would, then connect
   * without a tunnel.
   *
   * @param target the address and port of the application
   */
  record Direct(
      Target.Address target, Workload destination, @Nullable Service service, OutboundRule rule)
      implements OutboundDecision {}

  /**
   * Through an HBONE tunnel to the destination itself.
   *
   * @param target the workload's HBONE port
   * @param applicationPort the port that the authority asks for
   * @param expectedIdentities one of which the peer must prove
   */
  record Tunnel(
      Target target,
      int applicationPort,
      Set<SpiffeId> expectedIdentities,
      Workload destination,
      @Nullable Service service,
      OutboundRule rule)
      implements OutboundDecision {

    /**
     * The CONNECT authority once {@code resolved} is known; for a {@link Target.Address} that
     * address.
     */
    public String authority(InetAddress resolved) {
      return HostPort.format(IpAddress.of(resolved), applicationPort);
    }
  }

  /**
   * Through an HBONE tunnel to the waypoint of the destination.
   *
   * @param authority the destination as the application dialled it
   * @param destination the waypoint's workload
   * @param service the service that was dialled; null if a workload was
   */
  record Waypoint(
      Target target,
      String authority,
      Set<SpiffeId> expectedIdentities,
      Workload destination,
      @Nullable Service service,
      OutboundRule rule)
      implements OutboundDecision {}

  /**
   * To another network: a tunnel to the service inside a tunnel to the gateway there.
   *
   * @param target the gateway's HBONE port
   * @param authority {@code host name:service port}, of both tunnels
   * @param gatewayIdentities one of which the gateway must prove
   * @param expectedIdentities one of which the peer of the inner tunnel must prove
   * @param gateway the gateway's workload
   * @param destination the workload that the other network's endpoint was chosen by
   */
  record Gateway(
      Target target,
      String authority,
      Set<SpiffeId> gatewayIdentities,
      Set<SpiffeId> expectedIdentities,
      Workload gateway,
      Workload destination,
      Service service,
      OutboundRule rule)
      implements OutboundDecision {}

  /**
   * Nowhere.
   *
   * @param detail what was looked for and not found, for people
   */
  record Refuse(
      ReasonCode reason,
      String detail,
      @Nullable Workload destination,
      @Nullable Service service,
      OutboundRule rule)
      implements OutboundDecision {}

  /**
   * The workload that the connection is made to, as telemetry names it; null if it is not known.
   */
  @Nullable Workload destination();

  /** The service that was dialled; null if none was. */
  @Nullable Service service();

  OutboundRule rule();
}
