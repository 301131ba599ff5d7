package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Group;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Rule;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;

/** A policy made ready to be matched many times. Immutable, for any thread. */
public final class CompiledPolicy {

  /** What a policy does to a connection. */
  enum Effect {
    /** Those that match are denied. */
    DENY,
    /** Those that match are allowed. */
    ALLOW,
    /** Those that do not match are denied; a match allows nothing by itself. */
    RESTRICT
  }

  private final AuthorizationPolicy policy;
  private final String key;
  private final Effect effect;

  /** The matches of each rule of each group. */
  private final CompiledMatch[][][] groups;

  private CompiledPolicy(AuthorizationPolicy policy) {
    this.policy = policy;
    this.key = policy.key();
    this.effect = effectOf(policy);
    this.groups =
        policy.groups().stream().map(CompiledPolicy::rules).toArray(CompiledMatch[][][]::new);
  }

  public static CompiledPolicy compile(AuthorizationPolicy policy) {
    return new CompiledPolicy(policy);
  }

  private static Effect effectOf(AuthorizationPolicy policy) {
    if (policy.action() != Action.ALLOW) {
      return Effect.DENY;
    }
    return policy.scope() == Scope.UNSUPPORTED ? Effect.RESTRICT : Effect.ALLOW;
  }

  private static CompiledMatch[][] rules(Group group) {
    return group.rules().stream().map(CompiledPolicy::matches).toArray(CompiledMatch[][]::new);
  }

  private static CompiledMatch[] matches(Rule rule) {
    return rule.matches().stream().map(CompiledMatch::new).toArray(CompiledMatch[]::new);
  }

  /** The policy as it was given. */
  public AuthorizationPolicy policy() {
    return policy;
  }

  /** {@code <namespace>/<name>}. */
  public String key() {
    return key;
  }

  Effect effect() {
    return effect;
  }

  boolean isDryRun() {
    return policy.dryRun();
  }

  boolean isLimited() {
    return !policy.limitations().isEmpty();
  }

  /** The index of the first group that matches, or -1. */
  int matchingGroup(MatchSubject subject) {
    for (int i = 0; i < groups.length; i++) {
      if (allRulesMatch(groups[i], subject)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether a match of this group may rest on something that cannot be evaluated. */
  boolean isGuess(int group) {
    if (policy.scope() == Scope.UNSUPPORTED || policy.action() == Action.UNSUPPORTED) {
      return true;
    }
    for (CompiledMatch[] rule : groups[group]) {
      for (CompiledMatch match : rule) {
        if (match.isUnsupported()) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean allRulesMatch(CompiledMatch[][] rules, MatchSubject subject) {
    for (CompiledMatch[] rule : rules) {
      if (rule.length > 0 && !anyMatches(rule, subject)) {
        return false;
      }
    }
    return true;
  }

  private boolean anyMatches(CompiledMatch[] rule, MatchSubject subject) {
    for (CompiledMatch match : rule) {
      if (match.matches(subject, effect == Effect.DENY)) {
        return true;
      }
    }
    return false;
  }
}
