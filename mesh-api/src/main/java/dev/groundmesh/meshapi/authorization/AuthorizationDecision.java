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
   * @param group the index of the policy's group that matched, -1 if {@code policy} is null
   */
  record Allowed(@Nullable String policy, int group, List<DryRunMatch> dryRunMatches)
      implements AuthorizationDecision {
    static final Allowed WITHOUT_POLICY = new Allowed(null, -1, List.of());
  }

  /**
   * It may not.
   *
   * @param policy the key of the policy that decided; null if ALLOW policies apply and none matched
   * @param group the index of the policy's group that matched, -1 if none did
   */
  record Denied(
      ReasonCode reason, @Nullable String policy, int group, List<DryRunMatch> dryRunMatches)
      implements AuthorizationDecision {}

  /**
   * Something that would have mattered if a policy were not in dry run.
   *
   * @param policy the key of the policy that matched; null if ALLOW policies in dry run apply, none
   *     of them matched, and none is enforced
   * @param wouldDeny true if enforcing it would have denied the connection
   */
  record DryRunMatch(@Nullable String policy, boolean wouldDeny) {}

  /** What policies in dry run would have done, to be logged; usually nothing. */
  List<DryRunMatch> dryRunMatches();
}
