package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One handshake, from its start to the identity of the peer. Belongs to the event loop of its
 * channel.
 *
 * <p>The owner adds {@link #handler()} to the pipeline (it must, or call {@link #abandon()}: the
 * handler owns native memory), waits for {@code SslHandshakeCompletionEvent}, and then asks for
 * {@link #peer()} on success or for {@link #reasonOf} on failure.
 */
public final class TlsHandshake {
  private static final Set<String> ACCEPTED_SUITES =
      Set.of("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");

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

  private final SslHandler handler;
  private final Set<SpiffeId> expected;
  private final PeerTrustManager trust;
  private volatile @Nullable TlsPeer verified;

  TlsHandshake(SslHandler handler, Set<SpiffeId> expected, PeerTrustManager trust) {
    this.handler = handler;
    this.expected = expected;
    this.trust = trust;
    trust.begin(this);
    handler.handshakeFuture().addListener(ended -> trust.end(this));
  }

  /** The handler that makes the handshake and then carries the connection's bytes. */
  public SslHandler handler() {
    return handler;
  }

  /**
   * Whom the peer proved to be.
   *
   * @throws PeerRefusedException when the handshake ended without {@code h2} or with a cipher suite
   *     that the mesh does not use; the owner closes the connection
   * @throws IllegalStateException before the handshake has succeeded
   */
  public TlsPeer peer() throws PeerRefusedException {
    TlsPeer peer = verified;
    if (peer == null || !handler.handshakeFuture().isSuccess()) {
      throw new IllegalStateException("the handshake has not succeeded");
    }
    String protocol = handler.applicationProtocol();
    if (!ApplicationProtocolNames.HTTP_2.equals(protocol)) {
      throw new PeerRefusedException(
          ReasonCode.H2_HANDSHAKE_FAILED, "ALPN protocol: " + protocol + " (expected: h2)");
    }
    // BoringSSL always offers and accepts all suites of TLS 1.3.
    String suite = handler.engine().getSession().getCipherSuite();
    if (!ACCEPTED_SUITES.contains(suite)) {
      throw new PeerRefusedException(
          ReasonCode.TLS_HANDSHAKE_FAILED,
          "cipher suite: " + suite + " (expected: one of " + ACCEPTED_SUITES + ")");
    }
    return peer;
  }

  /** Frees what a handshake holds whose handler was never added to a pipeline. */
  public void abandon() {
    trust.end(this);
    ReferenceCountUtil.release(handler.engine());
  }

  /**
   * Why a handshake failed.
   *
   * @param cause of the failed {@code SslHandshakeCompletionEvent}, or what {@link #peer()} threw
   */
  public static ReasonCode reasonOf(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof PeerRefusedException refused) {
        return refused.reason();
      }
      if (t instanceof SslHandshakeTimeoutException) {
        return ReasonCode.TLS_HANDSHAKE_TIMEOUT;
      }
      if (t instanceof SSLException && isCertificateAlert(t.getMessage())) {
        return ReasonCode.TLS_PEER_REJECTED_US;
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

  Set<SpiffeId> expected() {
    return expected;
  }

  void verified(TlsPeer peer) {
    verified = peer;
  }
}
