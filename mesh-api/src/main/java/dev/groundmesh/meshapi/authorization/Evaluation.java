package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision.Allowed;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.Denied;
import dev.groundmesh.meshapi.authorization.AuthorizationDecision.DryRunMatch;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the policies that apply to one connection, in any order, and then decides. For one use on
 * one thread.
 */
final class Evaluation {

  private final MatchSubject subject;
  private @Nullable CompiledPolicy denying;
  private int denyingGroup = -1;
  private @Nullable String unknown;
  private @Nullable CompiledPolicy allowing;
  private int allowingGroup = -1;
  private boolean anyAllow;
  private @Nullable CompiledPolicy limitedAllow;
  private boolean anyDryRunAllow;
  private boolean anyDryRunAllowMatched;
  private @Nullable List<DryRunMatch> dryRunMatches;

  Evaluation(ConnectionFacts facts) {
    this.subject = new MatchSubject(facts);
  }

  void add(CompiledPolicy policy) {
    switch (policy.effect()) {
      case DENY -> addDeny(policy);
      case ALLOW -> addAllow(policy);
      case RESTRICT -> addRestrict(policy);
    }
  }

  void addUnknown(String key) {
    if (unknown == null) {
      unknown = key;
    }
  }

  AuthorizationDecision decide() {
    if (denying != null) {
      boolean guess = denyingGroup < 0 || denying.isGuess(denyingGroup);
      return denied(
          guess ? ReasonCode.POLICY_UNSUPPORTED : ReasonCode.POLICY_DENIED,
          denying.key(),
          denyingGroup);
    }
    if (unknown != null) {
      return denied(ReasonCode.POLICY_UNKNOWN, unknown, -1);
    }
    if (!anyAllow) {
      if (anyDryRunAllow && !anyDryRunAllowMatched) {
        addDryRunMatch(null, true);
      }
      return dryRunMatches == null
          ? Allowed.WITHOUT_POLICY
          : new Allowed(null, -1, notedDryRunMatches());
    }
    if (allowing != null) {
      return new Allowed(allowing.key(), allowingGroup, notedDryRunMatches());
    }
    return limitedAllow == null
        ? denied(ReasonCode.POLICY_NOT_ALLOWED, null, -1)
        : denied(ReasonCode.POLICY_UNSUPPORTED, limitedAllow.key(), -1);
  }

  private void addDeny(CompiledPolicy policy) {
    if (denying != null && !policy.isDryRun()) {
      return;
    }
    int group = policy.matchingGroup(subject);
    if (group < 0) {
      return;
    }
    if (policy.isDryRun()) {
      addDryRunMatch(policy.key(), true);
    } else {
      denying = policy;
      denyingGroup = group;
    }
  }

  private void addAllow(CompiledPolicy policy) {
    if (policy.isDryRun()) {
      anyDryRunAllow = true;
      if (policy.matchingGroup(subject) >= 0) {
        anyDryRunAllowMatched = true;
        addDryRunMatch(policy.key(), false);
      }
      return;
    }
    anyAllow = true;
    if (limitedAllow == null && policy.isLimited()) {
      limitedAllow = policy;
    }
    if (allowing == null) {
      int group = policy.matchingGroup(subject);
      if (group >= 0) {
        allowing = policy;
        allowingGroup = group;
      }
    }
  }

  private void addRestrict(CompiledPolicy policy) {
    if (policy.matchingGroup(subject) >= 0) {
      return;
    }
    if (policy.isDryRun()) {
      addDryRunMatch(policy.key(), true);
    } else if (denying == null) {
      denying = policy;
      denyingGroup = -1;
    }
  }

  private void addDryRunMatch(@Nullable String policy, boolean wouldDeny) {
    if (dryRunMatches == null) {
      dryRunMatches = new ArrayList<>(2);
    }
    dryRunMatches.add(new DryRunMatch(policy, wouldDeny));
  }

  private List<DryRunMatch> notedDryRunMatches() {
    return dryRunMatches == null ? List.of() : List.copyOf(dryRunMatches);
  }

  private Denied denied(ReasonCode reason, @Nullable String policy, int group) {
    return new Denied(reason, policy, group, notedDryRunMatches());
  }
}
