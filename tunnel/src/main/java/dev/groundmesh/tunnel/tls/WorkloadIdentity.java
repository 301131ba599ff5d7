package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * What a workload shows to its peers and whom it trusts. Immutable; a renewal makes a new one.
 *
 * @param id whom the leaf certificate names
 * @param key the leaf's private key
 * @param chain the leaf, then the intermediates that link it to a root; without the root
 * @param roots whom the workload trusts to sign its peers' certificates; several while roots rotate
 */
public record WorkloadIdentity(
    SpiffeId id, PrivateKey key, List<X509Certificate> chain, List<X509Certificate> roots) {

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException when there is no leaf or no root
   */
  public WorkloadIdentity {
    chain = List.copyOf(chain);
    roots = List.copyOf(roots);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException(
          "chain: empty (expected: the leaf certificate of " + id + ")");
    }
    if (roots.isEmpty()) {
      throw new IllegalArgumentException("roots: empty (expected: at least one for " + id + ")");
    }
  }

  public X509Certificate leaf() {
    return chain.getFirst();
  }

  /** From when on the leaf is valid. */
  public Instant notBefore() {
    return leaf().getNotBefore().toInstant();
  }

  /** Until when the leaf is valid. */
  public Instant notAfter() {
    return leaf().getNotAfter().toInstant();
  }

  public BigInteger serialNumber() {
    return leaf().getSerialNumber();
  }

  /** Names the workload and its certificate, never the key. */
  @Override
  public String toString() {
    return id + " serial " + serialNumber().toString(16) + " until " + notAfter();
  }
}
