package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks what a certificate authority answered before anything relies on it. */
final class IssuedChain {
  private static final Logger logger = LoggerFactory.getLogger(IssuedChain.class);

  /** How far the authority's clock may be ahead of ours. */
  static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(5);

  private IssuedChain() {}

  /**
   * Reads the answer.
   *
   * @param pem leaf, intermediates, and the root or roots in the last element
   * @throws CertificateException when it is not what was asked for: {@code name: value (expected:
   *     ...)}
   */
  static WorkloadIdentity read(SpiffeId id, KeyPair keys, List<String> pem, Instant now)
      throws CertificateException {
    if (pem.size() < 2) {
      throw new CertificateException(
          "certificate chain: "
              + pem.size()
              + " elements (expected: the leaf first and the roots last)");
    }
    List<X509Certificate> chain = new ArrayList<>();
    for (String element : pem.subList(0, pem.size() - 1)) {
      chain.addAll(certificates(element));
    }
    List<X509Certificate> roots = certificates(pem.getLast());
    if (chain.isEmpty() || roots.isEmpty()) {
      throw new CertificateException(
          "certificate chain: "
              + chain.size()
              + " certificates and "
              + roots.size()
              + " roots (expected: at least one each)");
    }
    X509Certificate leaf = chain.getFirst();
    List<SpiffeId> named = PeerVerifier.identities(leaf);
    if (!named.equals(List.of(id))) {
      throw new CertificateException("URI SAN: " + named + " (expected: " + id + ")");
    }
    if (!leaf.getPublicKey().equals(keys.getPublic())) {
      throw new CertificateException(
          "public key: not the one of the request (expected: the one that " + id + " made)");
    }
    requireUsable(leaf, id, now);
    return new WorkloadIdentity(id, keys.getPrivate(), chain, roots);
  }

  private static void requireUsable(X509Certificate leaf, SpiffeId id, Instant now)
      throws CertificateException {
    Instant notBefore = leaf.getNotBefore().toInstant();
    Instant notAfter = leaf.getNotAfter().toInstant();
    if (!now.isBefore(notAfter)) {
      throw new CertificateException(
          "not after: " + notAfter + " (expected: later than " + now + "; check the clocks)");
    }
    Duration ahead = Duration.between(now, notBefore);
    if (ahead.compareTo(MAX_CLOCK_SKEW) > 0) {
      throw new CertificateException(
          "not before: "
              + notBefore
              + " (expected: at most "
              + MAX_CLOCK_SKEW.toMinutes()
              + " minutes later than "
              + now
              + "; check the clocks)");
    }
    if (ahead.isPositive()) {
      logger.warn(
          "certificate of {}: valid only from {}, it is {} here: the clocks differ; used all the same",
          id,
          notBefore,
          now);
    }
  }

  private static List<X509Certificate> certificates(String pem) throws CertificateException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
      if (certificate instanceof X509Certificate x509) {
        certificates.add(x509);
      }
    }
    return certificates;
  }
}
