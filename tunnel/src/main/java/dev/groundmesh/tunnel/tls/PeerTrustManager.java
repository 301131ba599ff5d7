package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.tls.EngineTrustManager;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import io.netty.util.ReferenceCounted;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;

/**
 * Joins a peer's certificates, which the engine brings, with what is known of the connection. A
 * native context and so this object are shared by connections that expect different servers.
 */
final class PeerTrustManager extends EngineTrustManager {
  private static final X509Certificate[] NO_ISSUERS = {};
  private static final int SWEEP_FROM = 256;

  private final PeerVerifier verifier;
  private final String trustDomain;
  private final Map<SSLEngine, Set<SpiffeId>> expected = new ConcurrentHashMap<>();
  private volatile int sweepAt = SWEEP_FROM;

  PeerTrustManager(PeerVerifier verifier, String trustDomain) {
    this.verifier = verifier;
    this.trustDomain = trustDomain;
  }

  /** Remembers whom the engine's owner expects, until the server has shown its certificate. */
  void expect(SSLEngine engine, Set<SpiffeId> identities) {
    expected.put(engine, identities);
    if (expected.size() > sweepAt) {
      // Those of handshakes that ended before the server showed one.
      expected.keySet().removeIf(e -> ((ReferenceCounted) e).refCnt() == 0);
      sweepAt = Math.max(SWEEP_FROM, 2 * expected.size());
    }
  }

  int expecting() {
    return expected.size();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    Set<SpiffeId> identities = expected.remove(engine);
    if (identities == null) {
      throw new PeerRefusedException(
          ReasonCode.TLS_HANDSHAKE_FAILED,
          "handshake: unknown (expected: one begun by a TlsIdentity)");
    }
    try {
      verifier.verifyServer(chain, identities).provenBy(engine.getHandshakeSession());
    } catch (PeerRefusedException e) {
      throw withAlert(e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      verifier.verifyClient(chain, trustDomain).provenBy(engine.getHandshakeSession());
    } catch (PeerRefusedException e) {
      throw withAlert(e);
    }
  }

  /**
   * Chooses the alert that tells the peer; without a code it would be told of an internal error.
   */
  private static CertificateException withAlert(PeerRefusedException refused) {
    int error =
        switch (refused.reason()) {
          case TLS_PEER_UNTRUSTED -> CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
          case TLS_PEER_EXPIRED -> CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED;
          case CERT_REVOKED -> CertificateVerifier.X509_V_ERR_CERT_REVOKED;
          default -> CertificateVerifier.X509_V_ERR_CERT_REJECTED;
        };
    return new OpenSslCertificateException(refused.getMessage(), refused, error);
  }

  /** None, so that servers do not list them to clients, which have but one certificate to show. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return NO_ISSUERS;
  }
}
