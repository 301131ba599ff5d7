package dev.groundmesh.tunnel.tls;

import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides whose certificates are accepted; one for all identities of a process, because identities
 * that trust the same roots share what is known of their peers. Safe for use by any thread.
 */
public final class PeerVerification {
  /**
   * Sets of roots in use at one time: one, or two while roots rotate, and a second trust domain's.
   */
  private static final int MAX_SETS_OF_ROOTS = 8;

  private final Revocations revocations;
  private final InstantSource clock;
  private final Map<Set<X509Certificate>, PeerVerifier> verifiers =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Set<X509Certificate>, PeerVerifier> eldest) {
          return size() > MAX_SETS_OF_ROOTS;
        }
      };

  public PeerVerification(Revocations revocations, InstantSource clock) {
    this.revocations = revocations;
    this.clock = clock;
  }

  synchronized PeerVerifier forRoots(List<X509Certificate> roots) {
    return verifiers.computeIfAbsent(
        Set.copyOf(new HashSet<>(roots)), r -> new PeerVerifier(r, revocations, clock));
  }
}
