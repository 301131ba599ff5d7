package dev.groundmesh.nodeagent.explain;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What would become of a connection.
 *
 * @param from the workload that connects
 * @param address the address that it dials
 * @param outcomes the ways that it can go, the most likely one first
 */
public record Explanation(String from, String address, int port, List<Outcome> outcomes) {

  public Explanation {
    outcomes = List.copyOf(outcomes);
  }

  /**
   * One way.
   *
   * @param percent of connections that go this way, rounded
   * @param way {@code passthrough}, {@code same node}, {@code tunnel}, {@code waypoint}, {@code
   *     gateway} or {@code refuse}
   * @param because the rule that chose it
   * @param nextHop the address that is connected to; null if refused
   * @param authority of the tunnel; null without one
   * @param destination the workload at its end; null if not known
   * @param allowed whether it reaches the application
   * @param decidedBy the policy, or what else decided
   * @param enforcedAt where that decision is made
   * @param reason the reason code of a refusal; null if allowed
   */
  public record Outcome(
      int percent,
      String way,
      String because,
      @Nullable String nextHop,
      @Nullable String authority,
      @Nullable String destination,
      boolean allowed,
      String decidedBy,
      String enforcedAt,
      @Nullable String reason) {}
}
