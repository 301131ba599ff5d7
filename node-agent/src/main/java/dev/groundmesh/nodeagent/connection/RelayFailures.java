package dev.groundmesh.nodeagent.connection;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/** Between the ways in which a stream dies and the reasons that are reported. */
final class RelayFailures {
  private RelayFailures() {}

  /**
   * Null for what the two applications did to each other, which is no failure of the mesh; the
   * detail says it.
   */
  static @Nullable ReasonCode reasonOf(StreamFailure failure) {
    if (failure.reason() != null) {
      return failure.reason();
    }
    return switch (failure.kind()) {
      case RESET_BY_PEER, RESET_BY_OTHER_SIDE, NETWORK_ERROR -> null;
      case TUNNEL_LOST -> ReasonCode.TUNNEL_LOST;
      case PROTOCOL_ERROR -> ReasonCode.H2_PROTOCOL_ERROR;
      case INTERNAL_ERROR -> ReasonCode.INTERNAL_ERROR;
      case CUT_BY_POLICY -> ReasonCode.POLICY_CHANGED;
      case SHUTDOWN -> ReasonCode.DRAIN_TIMEOUT;
    };
  }

  static StreamFailure.Kind kindOf(ReasonCode reason) {
    return switch (reason) {
      case POLICY_CHANGED, POLICY_DENIED, POLICY_NOT_ALLOWED, CERT_REVOKED ->
          StreamFailure.Kind.CUT_BY_POLICY;
      default -> StreamFailure.Kind.SHUTDOWN;
    };
  }
}
