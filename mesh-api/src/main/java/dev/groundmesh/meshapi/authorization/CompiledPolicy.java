package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.model.AuthorizationPolicy;

/** A policy made ready to be matched many times. Immutable, for any thread. */
public final class CompiledPolicy {

  private final AuthorizationPolicy policy;
  private final String key;

  private CompiledPolicy(AuthorizationPolicy policy) {
    this.policy = policy;
    this.key = policy.key();
  }

  public static CompiledPolicy compile(AuthorizationPolicy policy) {
    return new CompiledPolicy(policy);
  }

  public AuthorizationPolicy policy() {
    return policy;
  }

  /** {@code <namespace>/<name>}. */
  public String key() {
    return key;
  }
}
