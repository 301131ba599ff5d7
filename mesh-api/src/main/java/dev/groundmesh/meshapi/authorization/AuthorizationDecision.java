package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a connection may be made, and by which policy. */
public sealed interface AuthorizationDecision {

  /**
   * It may.
   *
   * @param policy the key of the ALLOW policy that matched; null if no ALLOW policy applies to the
   *     workload
   */
  record Allowed(@Nullable String policy, List<DryRunMatch> dryRunMatches)
      implements AuthorizationDecision {
    static final Allowed WITHOUT_POLICY = new Allowed(null, List.of());
  }

  /**
   * It may not.
   *
   * @param policy the key of the policy that decided; null if ALLOW policies apply and none matched
   * @param group the index of the group of the policy that matched, -1 if none did
   */
  record Denied(
      ReasonCode reason, @Nullable String policy, int group, List<DryRunMatch> dryRunMatches)
      implements AuthorizationDecision {}

  /**
   * A policy that would have mattered if it were not in dry run.
   *
   * @param policy its key
   * @param deny true if it would have denied the connection, false if it would have allowed it
   */
  record DryRunMatch(String policy, boolean deny) {}

  /** Matches of policies in dry run, to be logged; usually none. */
  List<DryRunMatch> dryRunMatches();
}
