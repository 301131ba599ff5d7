package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Accepts or refuses certificate chains for one set of roots.
 *
 * <p>A mesh shows the same certificates again and again, so a chain's signatures are checked once;
 * after that a handshake costs a digest, a look at the clock and at the revocation list. That the
 * peer has the key is proven anew by each handshake.
 */
final class PeerVerifier {
  private static final int MAX_CHAIN = 10;

  /** Chains that are remembered. Only the mesh's own CAs can make one that is. About 1 KiB each. */
  private static final int MAX_REMEMBERED = 2048;

  private static final int SAN_URI = 6;
  private static final String ANY_KEY_PURPOSE = "2.5.29.37.0";

  private final Set<TrustAnchor> anchors;
  private final Revocations revocations;
  private final InstantSource clock;
  private final ConcurrentHashMap<ChainDigest, VerifiedPath> remembered = new ConcurrentHashMap<>();

  PeerVerifier(Set<X509Certificate> roots, Revocations revocations, InstantSource clock) {
    this.anchors = new HashSet<>();
    for (X509Certificate root : roots) {
      anchors.add(new TrustAnchor(root, null));
    }
    this.revocations = revocations;
    this.clock = clock;
  }

  /**
   * Checks the server at the other end of an outbound tunnel.
   *
   * @param expected the identities of which it must prove one
   */
  TlsPeer verifyServer(X509Certificate[] chain, Set<SpiffeId> expected)
      throws PeerRefusedException {
    VerifiedPath path = verify(chain, Role.SERVER);
    for (TlsPeer peer : path.peers) {
      if (expected.contains(peer.identity())) {
        return accept(peer);
      }
    }
    throw new PeerRefusedException(
        trustDomainIsExpected(path, expected)
            ? ReasonCode.TLS_WRONG_IDENTITY
            : ReasonCode.TLS_WRONG_TRUST_DOMAIN,
        "server identity: " + path.identities() + " (expected: one of " + expected + ")");
  }

  /**
   * Checks the client at the other end of an inbound tunnel; what it may do is decided later.
   *
   * @param trustDomain the server's own
   */
  TlsPeer verifyClient(X509Certificate[] chain, String trustDomain) throws PeerRefusedException {
    VerifiedPath path = verify(chain, Role.CLIENT);
    for (TlsPeer peer : path.peers) {
      if (peer.identity().trustDomain().equals(trustDomain)) {
        return accept(peer);
      }
    }
    throw new PeerRefusedException(
        ReasonCode.TLS_WRONG_TRUST_DOMAIN,
        "client identity: "
            + path.identities()
            + " (expected: of trust domain "
            + trustDomain
            + ")");
  }

  private static boolean trustDomainIsExpected(VerifiedPath path, Set<SpiffeId> expected) {
    for (TlsPeer peer : path.peers) {
      for (SpiffeId id : expected) {
        if (id.trustDomain().equals(peer.identity().trustDomain())) {
          return true;
        }
      }
    }
    return false;
  }

  private TlsPeer accept(TlsPeer peer) throws PeerRefusedException {
    if (revocations.isRevoked(peer)) {
      throw new PeerRefusedException(
          ReasonCode.CERT_REVOKED,
          "certificate of "
              + peer.identity()
              + ": serial "
              + peer.path().getFirst().serialNumber().toString(16)
              + " (expected: not revoked)");
    }
    return peer;
  }

  private VerifiedPath verify(X509Certificate[] chain, Role role) throws PeerRefusedException {
    if (chain.length == 0) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_NO_CERTIFICATE,
          "certificate: none (expected: one that names a workload)");
    }
    if (chain.length > MAX_CHAIN) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_UNTRUSTED,
          "certificates: " + chain.length + " (expected: at most " + MAX_CHAIN + ")");
    }
    ChainDigest digest = ChainDigest.of(chain, role);
    VerifiedPath path = remembered.get(digest);
    if (path == null) {
      path = build(chain, role);
      if (remembered.size() >= MAX_REMEMBERED) {
        remembered.clear();
      }
      remembered.put(digest, path);
    } else {
      requireValidAt(clock.instant(), path.notBefore, path.notAfter, path.identities());
    }
    return path;
  }

  private VerifiedPath build(X509Certificate[] chain, Role role) throws PeerRefusedException {
    List<X509Certificate> certificates = new ArrayList<>(chain.length);
    List<SpiffeId> identities;
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (X509Certificate certificate : chain) {
        certificates.add(
            (X509Certificate)
                factory.generateCertificate(new ByteArrayInputStream(certificate.getEncoded())));
      }
      identities = identities(certificates.getFirst());
      requireKeyPurpose(certificates.getFirst(), role);
    } catch (PeerRefusedException e) {
      throw e;
    } catch (CertificateException | RuntimeException e) {
      // The JDK's parser answers some malformed certificates with unchecked exceptions.
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_UNTRUSTED,
          "certificate: " + e.getMessage() + " (expected: one that can be read)",
          e);
    }
    if (identities.isEmpty()) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_NO_IDENTITY,
          "certificate of "
              + certificates.getFirst().getSubjectX500Principal()
              + ": no SPIFFE URI SAN (expected: spiffe://<trustDomain>/ns/<namespace>/sa/<serviceAccount>)");
    }
    List<X509Certificate> path = path(certificates);
    Instant notBefore = Instant.MIN;
    Instant notAfter = Instant.MAX;
    for (X509Certificate certificate : path) {
      notBefore = later(notBefore, certificate.getNotBefore().toInstant());
      notAfter = earlier(notAfter, certificate.getNotAfter().toInstant());
    }
    Instant now = clock.instant();
    requireValidAt(now, notBefore, notAfter, identities);
    X509Certificate root = validate(path, identities, now);
    notBefore = later(notBefore, root.getNotBefore().toInstant());
    notAfter = earlier(notAfter, root.getNotAfter().toInstant());
    requireValidAt(now, notBefore, notAfter, identities);
    return new VerifiedPath(identities, issued(path, root), notBefore, notAfter);
  }

  /**
   * From the leaf upwards by issuers' names, up to where a root takes over; the peer's order does
   * not matter.
   */
  private List<X509Certificate> path(List<X509Certificate> certificates) {
    List<X509Certificate> path = new ArrayList<>(certificates.size());
    X509Certificate last = certificates.getFirst();
    path.add(last);
    List<X509Certificate> rest = new ArrayList<>(certificates.subList(1, certificates.size()));
    while (!isIssuedByRoot(last)) {
      X509Certificate issuer = takeIssuer(last, rest);
      if (issuer == null) {
        break;
      }
      path.add(issuer);
      last = issuer;
    }
    return path;
  }

  private boolean isIssuedByRoot(X509Certificate certificate) {
    for (TrustAnchor anchor : anchors) {
      X509Certificate root = anchor.getTrustedCert();
      if (root.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
          && isSignedBy(certificate, root)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable X509Certificate takeIssuer(
      X509Certificate certificate, List<X509Certificate> candidates) {
    for (int i = 0; i < candidates.size(); i++) {
      X509Certificate candidate = candidates.get(i);
      if (candidate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
          && isSignedBy(certificate, candidate)) {
        return candidates.remove(i);
      }
    }
    return null;
  }

  private static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private X509Certificate validate(
      List<X509Certificate> path, List<SpiffeId> identities, Instant now)
      throws PeerRefusedException {
    try {
      PKIXParameters parameters = new PKIXParameters(anchors);
      // The mesh's list is a file of its own, looked at in each handshake.
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      PKIXCertPathValidatorResult result =
          (PKIXCertPathValidatorResult)
              CertPathValidator.getInstance("PKIX")
                  .validate(
                      CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
      return result.getTrustAnchor().getTrustedCert();
    } catch (CertPathValidatorException e) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_UNTRUSTED,
          "certificate of "
              + identities
              + " issued by "
              + path.getLast().getIssuerX500Principal()
              + ": "
              + e.getMessage()
              + " (expected: a chain to one of the mesh's "
              + anchors.size()
              + " roots)",
          e);
    } catch (GeneralSecurityException e) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_UNTRUSTED, "certificate of " + identities + ": " + e.getMessage(), e);
    }
  }

  private static void requireValidAt(
      Instant now, Instant notBefore, Instant notAfter, List<SpiffeId> identities)
      throws PeerRefusedException {
    if (now.isBefore(notBefore)) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_EXPIRED,
          "certificate of "
              + identities
              + ": valid from "
              + notBefore
              + " (expected: valid at "
              + now
              + ")");
    }
    if (now.isAfter(notAfter)) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_EXPIRED,
          "certificate of "
              + identities
              + ": expired at "
              + notAfter
              + " (expected: valid at "
              + now
              + ")");
    }
  }

  private static void requireKeyPurpose(X509Certificate leaf, Role role)
      throws CertificateException {
    List<String> purposes = leaf.getExtendedKeyUsage();
    if (purposes != null
        && !purposes.contains(role.keyPurpose())
        && !purposes.contains(ANY_KEY_PURPOSE)) {
      throw new PeerRefusedException(
          ReasonCode.TLS_PEER_UNTRUSTED,
          "extended key usage: " + purposes + " (expected: " + role.keyPurpose() + ")");
    }
  }

  /** The workloads that the certificate names, in its order. */
  static List<SpiffeId> identities(X509Certificate leaf) throws CertificateException {
    Collection<List<?>> names = leaf.getSubjectAlternativeNames();
    if (names == null) {
      return List.of();
    }
    List<SpiffeId> identities = new ArrayList<>(1);
    for (List<?> name : names) {
      if (name.get(0) instanceof Integer type
          && type == SAN_URI
          && name.get(1) instanceof String uri) {
        SpiffeId.tryParse(uri).ifPresent(identities::add);
      }
    }
    return List.copyOf(identities);
  }

  private static List<TlsPeer.Issued> issued(List<X509Certificate> path, X509Certificate root) {
    List<TlsPeer.Issued> issued = new ArrayList<>(path.size());
    for (int i = 0; i < path.size(); i++) {
      X509Certificate issuer = i + 1 < path.size() ? path.get(i + 1) : root;
      issued.add(
          new TlsPeer.Issued(
              issuer.getSubjectX500Principal(),
              issuer.getPublicKey(),
              path.get(i).getSerialNumber()));
    }
    return issued;
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static final class VerifiedPath {
    private final List<TlsPeer> peers;
    private final Instant notBefore;
    private final Instant notAfter;

    VerifiedPath(
        List<SpiffeId> identities, List<TlsPeer.Issued> path, Instant notBefore, Instant notAfter) {
      List<TlsPeer> all = new ArrayList<>(identities.size());
      for (SpiffeId identity : identities) {
        all.add(new TlsPeer(identity, path));
      }
      this.peers = List.copyOf(all);
      this.notBefore = notBefore;
      this.notAfter = notAfter;
    }

    List<SpiffeId> identities() {
      return peers.stream().map(TlsPeer::identity).toList();
    }
  }

  /** SHA-256 over the chain as it was sent, and the role that it was checked for. */
  private record ChainDigest(long a, long b, long c, long d, Role role) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ChainDigest digest
          && a == digest.a
          && b == digest.b
          && c == digest.c
          && d == digest.d
          && role == digest.role;
    }

    /** Any part of a digest is as good as all of it. */
    @Override
    public int hashCode() {
      return Long.hashCode(a);
    }

    static ChainDigest of(X509Certificate[] chain, Role role) throws PeerRefusedException {
      try {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (X509Certificate certificate : chain) {
          byte[] der = certificate.getEncoded();
          // The length keeps the certificates apart.
          sha256.update((byte) (der.length >>> 16));
          sha256.update((byte) (der.length >>> 8));
          sha256.update((byte) der.length);
          sha256.update(der);
        }
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest()).order(ByteOrder.BIG_ENDIAN);
        return new ChainDigest(
            digest.getLong(), digest.getLong(), digest.getLong(), digest.getLong(), role);
      } catch (GeneralSecurityException e) {
        throw new PeerRefusedException(
            ReasonCode.TLS_PEER_UNTRUSTED, "certificate: " + e.getMessage(), e);
      }
    }
  }
}
