package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.reason.ReasonCode;
import org.jspecify.annotations.Nullable;

/** Whether an inbound HBONE request is for this workload, and where in it. */
public sealed interface InboundDecision {

  /**
   * It is: deliver to the workload's own address.
   *
   * @param applicationPort what policies are matched against
   * @param connectPort where to connect; differs only by the application tunnel's port
   * @param service the service that was asked for by name or found by the address, for telemetry;
   *     null if none
   * @param applicationTunnel how the connection is handed over; null for as it is
   */
  record Deliver(
      int applicationPort,
      int connectPort,
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
