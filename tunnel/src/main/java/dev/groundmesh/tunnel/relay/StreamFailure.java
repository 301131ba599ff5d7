package dev.groundmesh.tunnel.relay;

import dev.groundmesh.meshapi.reason.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * Why a stream died before both directions ended.
 *
 * @param detail for the log: what happened, with the values
 * @param reason where it says more than {@code kind}, else null
 */
public record StreamFailure(Kind kind, String detail, @Nullable ReasonCode reason) {
  /** A failure of which {@code kind} says all. */
  public StreamFailure(Kind kind, String detail) {
    this(kind, detail, null);
  }

  /** Who or what killed the stream. */
  public enum Kind {
    /** The peer reset it: TCP RST or RST_STREAM. */
    RESET_BY_PEER,
    /** The other stream of the relay died. */
    RESET_BY_OTHER_SIDE,
    /** The HTTP/2 connection under it was lost or closed. */
    TUNNEL_LOST,
    /** The peer broke the protocol. */
    PROTOCOL_ERROR,
    /** The network gave up: a time-out or an error of the socket. */
    NETWORK_ERROR,
    /** A fault of our own; the log has it. */
    INTERNAL_ERROR,
    /** Policy, a revoked certificate or an operator ended it. */
    CUT_BY_POLICY,
    /** Its workload left or the agent's drain time was over. */
    SHUTDOWN
  }
}
