package dev.groundmesh.tunnel.header;

import io.netty.util.AsciiString;

/** Names of the headers of HBONE, beside the pseudo headers. */
public final class HeaderNames {
  public static final AsciiString BAGGAGE = AsciiString.cached("baggage");
  public static final AsciiString FORWARDED = AsciiString.cached("forwarded");
  public static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");

  /** The sender's network, on the inner CONNECT of double HBONE. */
  public static final AsciiString X_FORWARDED_NETWORK = AsciiString.cached("x-forwarded-network");

  /** What kind of proxy sent the outer CONNECT of double HBONE. */
  public static final AsciiString X_ISTIO_SOURCE = AsciiString.cached("x-istio-source");

  private HeaderNames() {}
}
