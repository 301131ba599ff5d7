package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.h2.H2Error;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** A stream of ours that waits for the peer's answer. */
final class ClientOpening implements HboneStream.Opening {
  private static final int MAX_INFORMATIONAL = 8;

  private final OpenListener listener;
  private int informational;
  private boolean answered;
  private boolean cancelled;

  ClientOpening(OpenListener listener) {
    this.listener = listener;
  }

  @Override
  public void onHeaders(HboneStream stream, Http2Headers headers, boolean endStream) {
    int status = status(headers.status());
    if (status < 0) {
      stream.resetWith(
          H2Error.PROTOCOL_ERROR, ":status: " + headers.status() + " (expected: 100 to 999)");
      return;
    }
    if (status < 200) {
      informational++;
      if (endStream || informational > MAX_INFORMATIONAL) {
        stream.resetWith(H2Error.PROTOCOL_ERROR, ":status: " + status + " (expected: a final one)");
      }
      return;
    }
    answered = true;
    stream.established();
    if (status == 200) {
      listener.onOpened(stream, new ConnectResponse(status, HboneStream.fields(headers)));
      return;
    }
    if (!stream.isClosed()) {
      stream.reset(new StreamFailure(Kind.RESET_BY_PEER, "refused with " + status));
    }
    listener.onFailed(
        new OpenFailure(
            OpenFailure.Kind.REFUSED, status, "peer answered CONNECT with " + status, null));
  }

  private static int status(@Nullable CharSequence value) {
    if (value == null || value.length() != 3) {
      return -1;
    }
    int status = 0;
    for (int i = 0; i < 3; i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      status = status * 10 + digit;
    }
    return status < 100 ? -1 : status;
  }

  @Override
  public void onDead(HboneStream stream, StreamFailure cause) {
    OpenFailure.Kind kind =
        cancelled
            ? OpenFailure.Kind.CANCELLED
            : !stream.connection().isStarted()
                ? OpenFailure.Kind.H2_FAILED
                : switch (cause.kind()) {
                  case RESET_BY_PEER, PROTOCOL_ERROR -> OpenFailure.Kind.RESET;
                  case RESET_BY_OTHER_SIDE,
                      INTERNAL_ERROR,
                      TUNNEL_LOST,
                      NETWORK_ERROR,
                      CUT_BY_POLICY,
                      SHUTDOWN ->
                      OpenFailure.Kind.TUNNEL_LOST;
                };
    listener.onFailed(new OpenFailure(kind, 0, cause.detail(), null));
  }

  void cancel(HboneStream stream) {
    if (answered) {
      return;
    }
    cancelled = true;
    stream.reset(new StreamFailure(Kind.RESET_BY_OTHER_SIDE, "cancelled"));
  }
}
