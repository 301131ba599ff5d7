package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.Serial;

/** There is no certificate for an identity, so nothing can be proven in its name. */
public final class CertificateUnavailableException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  CertificateUnavailableException(String message) {
    super(message, null, false, false);
  }

  public ReasonCode reason() {
    return ReasonCode.IDENTITY_UNAVAILABLE;
  }
}
