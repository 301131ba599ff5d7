package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.math.BigInteger;
import java.security.PublicKey;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;

/**
 * The verified other end of a TLS connection. Shared by all connections on which the peer showed
 * the same certificate, so a connection pays a reference for it.
 *
 * @param identity whom the peer proved to be
 * @param path the peer's certificates, leaf first, each by what a revocation list names it by
 */
public record TlsPeer(SpiffeId identity, List<Issued> path) {
  private static final String SESSION_KEY = "dev.groundmesh.peer";
  private static final Set<String> ACCEPTED_SUITES =
      Set.of("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");

  /** Copies the list. */
  public TlsPeer {
    path = List.copyOf(path);
  }

  /**
   * Whom the peer of a finished handshake proved to be. Cheap: the certificate was looked at during
   * the handshake.
   *
   * @param session of an engine that a {@link TlsIdentity} made
   * @throws SSLPeerUnverifiedException when the handshake has not proven anyone
   * @throws SSLException when it chose a cipher suite that the mesh does not use
   */
  public static TlsPeer of(SSLSession session) throws SSLException {
    if (!(session.getValue(SESSION_KEY) instanceof TlsPeer peer)) {
      throw new SSLPeerUnverifiedException("peer: unknown (expected: a finished handshake)");
    }
    // BoringSSL offers and accepts all suites of TLS 1.3 whatever it is told.
    String suite = session.getCipherSuite();
    if (!ACCEPTED_SUITES.contains(suite)) {
      throw new SSLException(
          "cipher suite: " + suite + " (expected: one of " + ACCEPTED_SUITES + ")");
    }
    return peer;
  }

  void provenBy(SSLSession session) {
    session.putValue(SESSION_KEY, this);
  }

  /**
   * A certificate as its issuer knows it.
   *
   * @param issuer who signed it
   * @param issuerKey the key that the signature was checked with
   * @param serialNumber unique to the issuer
   */
  public record Issued(X500Principal issuer, PublicKey issuerKey, BigInteger serialNumber) {}
}
