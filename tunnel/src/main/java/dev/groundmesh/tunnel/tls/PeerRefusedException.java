package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.Serial;
import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/** A peer was not accepted; the message says what it showed and what was expected. */
public final class PeerRefusedException extends CertificateException {
  @Serial private static final long serialVersionUID = 1;

  private final ReasonCode reason;

  PeerRefusedException(ReasonCode reason, String message) {
    this(reason, message, null);
  }

  PeerRefusedException(ReasonCode reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public ReasonCode reason() {
    return reason;
  }
}
