package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.identity.SpiffeId;
import org.jspecify.annotations.Nullable;

/**
 * The connection that policies are matched against, with what several of them need made only once.
 */
final class MatchSubject {

  private final ConnectionFacts facts;
  private @Nullable String principal;

  MatchSubject(ConnectionFacts facts) {
    this.facts = facts;
  }

  ConnectionFacts facts() {
    return facts;
  }

  /** The peer's identity as policies write it; null if it proved none. */
  @Nullable String principal() {
    SpiffeId peer = facts.peer();
    if (principal == null && peer != null) {
      principal = peer.principal();
    }
    return principal;
  }
}
