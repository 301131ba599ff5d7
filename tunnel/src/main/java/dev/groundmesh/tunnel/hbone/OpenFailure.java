package dev.groundmesh.tunnel.hbone;

import org.jspecify.annotations.Nullable;

/**
 * Why a stream could not be opened.
 *
 * @param status the peer's HTTP status for {@link Kind#REFUSED}, else 0
 * @param detail for the log: what happened, with the values
 * @param cause the error beneath, where there was one
 */
public record OpenFailure(Kind kind, int status, String detail, @Nullable Throwable cause) {
  /** The stage at which it failed. */
  public enum Kind {
    /** TCP: refused or unreachable. */
    CONNECT_FAILED,
    /** TCP: no answer in time; maybe a NetworkPolicy blocks port 15008. */
    CONNECT_TIMEOUT,
    /** TLS failed: the peer's certificate, its identity, or the protocol. */
    TLS_FAILED,
    /** HTTP/2 did not start. */
    H2_FAILED,
    /** The peer answered with another status than 200. */
    REFUSED,
    /** The peer reset the stream before it answered. */
    RESET,
    /** The tunnel was lost before the peer answered. */
    TUNNEL_LOST,
    /** A limit of ours: tunnels overall, or streams. */
    LIMIT,
    /** The caller cancelled it. */
    CANCELLED
  }
}
