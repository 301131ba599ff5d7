package dev.groundmesh.tunnel.hbone;

import java.io.Serial;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;

/** A peer did not finish its TLS handshake in time. */
public final class HandshakeTimeoutException extends SSLHandshakeException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * @param limit that was waited
   */
  HandshakeTimeoutException(Duration limit) {
    super("no TLS handshake in " + limit.toMillis() + " ms");
  }
}
