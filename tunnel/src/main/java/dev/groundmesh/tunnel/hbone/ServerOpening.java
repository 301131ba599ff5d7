package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.H2Error;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request on its way from the peer's HEADERS to our answer. */
final class ServerOpening implements HboneStream.Opening, IncomingConnect {
  /** Makes an extended CONNECT (RFC 8441), which we do not offer. */
  private static final AsciiString PROTOCOL = Http2Headers.PseudoHeaderName.PROTOCOL.value();

  private final ServerTunnel tunnel;
  private @Nullable HboneStream stream;
  private @Nullable ConnectRequest request;
  private @Nullable Runnable abandoned;
  private boolean answered;

  ServerOpening(ServerTunnel tunnel) {
    this.tunnel = tunnel;
  }

  @Override
  public void onHeaders(HboneStream opened, Http2Headers headers, boolean endStream) {
    if (request != null) {
      opened.resetWith(H2Error.PROTOCOL_ERROR, "HEADERS on a connected stream");
      return;
    }
    stream = opened;
    CharSequence authority = headers.authority();
    ConnectRequest parsed =
        new ConnectRequest(
            authority == null ? "" : authority.toString(), HboneStream.fields(headers));
    request = parsed;
    CharSequence method = headers.method();
    if (method == null || !"CONNECT".contentEquals(method)) {
      refuse(ReasonCode.CONNECT_METHOD_EXPECTED, ":method: " + method + " (expected: CONNECT)");
    } else if (headers.scheme() != null || headers.path() != null || headers.contains(PROTOCOL)) {
      refuse(
          ReasonCode.HEADERS_MALFORMED,
          ":scheme, :path or :protocol (expected: none with CONNECT)");
    } else if (parsed.authority().isEmpty()) {
      refuse(ReasonCode.AUTHORITY_MALFORMED, ":authority: (none) (expected: host:port)");
    } else {
      tunnel.onConnect(this);
    }
  }

  private void refuse(ReasonCode reason, String detail) {
    refuse(reason.hboneStatus());
    tunnel.onRefused(reason, detail);
  }

  @Override
  public void onDead(HboneStream dead, StreamFailure cause) {
    if (!answered && abandoned != null) {
      abandoned.run();
    }
  }

  @Override
  public ConnectRequest request() {
    ConnectRequest known = request;
    if (known == null) {
      throw new IllegalStateException("no request yet");
    }
    return known;
  }

  private HboneStream answer() {
    HboneStream known = stream;
    if (known == null || answered) {
      throw new IllegalStateException("a request is answered once");
    }
    answered = true;
    return known;
  }

  @Override
  public HboneStream accept(List<HeaderField> responseHeaders) {
    HboneStream accepted = answer();
    accepted.established();
    if (!accepted.isClosed()) {
      Http2Headers headers = HboneStream.newHeaders().status("200");
      HboneStream.add(headers, responseHeaders);
      accepted.sendHeaders(headers, false);
    }
    return accepted;
  }

  @Override
  public void refuse(int status) {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 400 to 599)");
    }
    HboneStream refused = answer();
    refused.established();
    if (refused.isClosed()) {
      return;
    }
    boolean sent =
        refused.sendHeaders(HboneStream.newHeaders().status(Integer.toString(status)), true);
    if (sent && !refused.isRemoteEnded()) {
      // RFC 9113, section 8.1: the answer is complete, the rest of the request is not wanted.
      refused.refused(status);
    }
  }

  @Override
  public void onAbandoned(Runnable action) {
    abandoned = action;
  }
}
