package dev.groundmesh.tunnel.relay;

/**
 * Why a stream died before both directions ended.
 *
 * @param detail for the log: what happened, with the values
 */
public record StreamFailure(Kind kind, String detail) {
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
