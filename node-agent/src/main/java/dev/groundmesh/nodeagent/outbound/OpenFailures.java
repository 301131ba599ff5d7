package dev.groundmesh.nodeagent.outbound;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.tls.TlsFailure;

/** The reasons that are reported when a tunnel or its stream could not be opened. */
final class OpenFailures {
  private static final int UNAUTHORIZED = 401;

  private OpenFailures() {}

  static ReasonCode reasonOf(OpenFailure failure) {
    return switch (failure.kind()) {
      case CONNECT_FAILED ->
          PodSockets.isOutOfDescriptors(failure.cause())
              ? ReasonCode.FD_LIMIT
              : ReasonCode.CONNECT_FAILED;
      case CONNECT_TIMEOUT -> ReasonCode.TUNNEL_CONNECT_TIMEOUT;
      case TLS_FAILED -> tlsReason(failure);
      case H2_FAILED -> ReasonCode.H2_HANDSHAKE_FAILED;
      case REFUSED ->
          failure.status() == UNAUTHORIZED
              ? ReasonCode.HBONE_UNAUTHORIZED
              : ReasonCode.HBONE_REFUSED;
      case RESET -> ReasonCode.STREAM_RESET;
      case TUNNEL_LOST -> ReasonCode.TUNNEL_LOST;
      case LIMIT -> ReasonCode.CONNECTION_LIMIT;
      case CANCELLED -> ReasonCode.DRAIN_TIMEOUT;
    };
  }

  private static ReasonCode tlsReason(OpenFailure failure) {
    return switch (failure.cause()) {
      case null -> ReasonCode.TLS_HANDSHAKE_FAILED;
      // What the makers of TLS engines throw where the identity is gone.
      case IllegalStateException _ -> ReasonCode.IDENTITY_UNAVAILABLE;
      case Throwable cause -> TlsFailure.reasonOf(cause);
    };
  }
}
