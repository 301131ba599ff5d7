package dev.groundmesh.controller.ca;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a TLS server shows.
 *
 * @param chain the leaf first, then intermediates, without the root
 * @param issuer who signed the leaf
 */
public record ServerIdentity(PrivateKey key, List<X509Certificate> chain, X509Certificate issuer) {

  /** Half of the leaf's life. */
  public Instant renewAfter() {
    Instant start = chain.getFirst().getNotBefore().toInstant();
    Instant end = chain.getFirst().getNotAfter().toInstant();
    return start.plus(Duration.between(start, end).dividedBy(2));
  }
}
