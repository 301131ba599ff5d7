package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.hbone.HandshakeTimeoutException;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Gives a failed handshake its reason code. */
public final class TlsFailure {
  /**
   * What BoringSSL calls the alerts by which a peer refuses a certificate, RFC 8446 section 6.2.
   */
  private static final List<String> CERTIFICATE_ALERTS =
      List.of(
          "ALERT_BAD_CERTIFICATE",
          "ALERT_UNSUPPORTED_CERTIFICATE",
          "ALERT_CERTIFICATE_REVOKED",
          "ALERT_CERTIFICATE_EXPIRED",
          "ALERT_CERTIFICATE_UNKNOWN",
          "ALERT_UNKNOWN_CA",
          "ALERT_ACCESS_DENIED",
          "ALERT_CERTIFICATE_REQUIRED");

  private static final String NO_CERTIFICATE = "PEER_DID_NOT_RETURN_A_CERTIFICATE";

  private TlsFailure() {}

  /**
   * Why the handshake failed, or why a connection failed soon after: a client of TLS 1.3 has
   * finished its handshake before the server has looked at its certificate.
   *
   * @param cause as the engine threw it
   */
  public static ReasonCode reasonOf(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof PeerRefusedException refused) {
        return refused.reason();
      }
      if (t instanceof HandshakeTimeoutException) {
        return ReasonCode.TLS_HANDSHAKE_TIMEOUT;
      }
      if (t instanceof SSLException) {
        String message = t.getMessage();
        if (message != null && message.contains(NO_CERTIFICATE)) {
          return ReasonCode.TLS_PEER_NO_CERTIFICATE;
        }
        if (isCertificateAlert(message)) {
          return ReasonCode.TLS_PEER_REJECTED_US;
        }
      }
    }
    return ReasonCode.TLS_HANDSHAKE_FAILED;
  }

  private static boolean isCertificateAlert(@Nullable String message) {
    if (message == null) {
      return false;
    }
    for (String alert : CERTIFICATE_ALERTS) {
      if (message.contains(alert)) {
        return true;
      }
    }
    return false;
  }
}
