package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.reason.ReasonCode;
import org.jspecify.annotations.Nullable;

/** Whether an inbound connection is for this workload, and where in it. */
public sealed interface InboundDecision {

  /**
   * It is: deliver to the workload's own address.
   *
   * @param port where to connect, and what policies are matched against
   * @param requested the address and port that the client asked for, as a PROXY header tells them;
   *     for a service asked for by name one of its VIPs
   * @param service the service that was asked for by name; null if an address was asked for
   * @param applicationTunnel how the connection is handed over; null for as it is
   */
  record Deliver(
      int port,
      Target.Address requested,
      @Nullable Service service,
      @Nullable ApplicationTunnel applicationTunnel)
      implements InboundDecision {}

  /**
   * It is not; {@link ReasonCode#hboneStatus} is the answer.
   *
   * @param detail what was looked for and not found, for people
   */
  record Refuse(ReasonCode reason, String detail) implements InboundDecision {}
}
