package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Joins a peer's certificates, which the engine brings, with the handshake that knows who is
 * expected.
 */
final class PeerTrustManager extends X509ExtendedTrustManager {
  private static final X509Certificate[] NO_ISSUERS = {};

  private final PeerVerifier verifier;
  private final String trustDomain;
  private final Map<SSLEngine, TlsHandshake> handshakes = new ConcurrentHashMap<>();

  PeerTrustManager(PeerVerifier verifier, String trustDomain) {
    this.verifier = verifier;
    this.trustDomain = trustDomain;
  }

  void begin(TlsHandshake handshake) {
    handshakes.put(handshake.handler().engine(), handshake);
  }

  void end(TlsHandshake handshake) {
    handshakes.remove(handshake.handler().engine());
  }

  /** For admin and tests: the handshakes that have begun and not ended. */
  int inProgress() {
    return handshakes.size();
  }

  @Override
  public void checkServerTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws PeerRefusedException {
    TlsHandshake handshake = handshakeOf(engine);
    handshake.verified(verifier.verifyServer(chain, handshake.expected()));
  }

  @Override
  public void checkClientTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws PeerRefusedException {
    TlsHandshake handshake = handshakeOf(engine);
    handshake.verified(verifier.verifyClient(chain, trustDomain));
  }

  private TlsHandshake handshakeOf(@Nullable SSLEngine engine) throws PeerRefusedException {
    TlsHandshake handshake = engine == null ? null : handshakes.get(engine);
    if (handshake == null) {
      throw unknown();
    }
    return handshake;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws PeerRefusedException {
    throw unknown();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws PeerRefusedException {
    throw unknown();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws PeerRefusedException {
    throw unknown();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws PeerRefusedException {
    throw unknown();
  }

  /** None, so that servers do not list them to clients: each has one certificate to show anyway. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return NO_ISSUERS;
  }

  private static PeerRefusedException unknown() {
    return new PeerRefusedException(
        ReasonCode.TLS_HANDSHAKE_FAILED,
        "handshake: unknown (expected: one begun by a TlsIdentity)");
  }
}
