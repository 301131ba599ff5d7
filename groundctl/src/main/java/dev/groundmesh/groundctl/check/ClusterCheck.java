package dev.groundmesh.groundctl.check;

import java.util.ArrayList;
import java.util.List;

/** All checks of a cluster. Pure. */
public final class ClusterCheck {
  private ClusterCheck() {}

  /** What there is to say about a cluster: whether the mesh may come, or how it is. */
  public static List<CheckResult> run(ClusterFacts facts) {
    List<CheckResult> results = new ArrayList<>(FitnessCheck.run(facts));
    if (facts.isInstalled()) {
      results.addAll(HealthCheck.run(facts));
    }
    for (String unread : facts.unread()) {
      results.add(
          CheckResult.doubtful(
              "readable", "", unread, "ask with rights to read it, or take this as unknown"));
    }
    return List.copyOf(results);
  }
}
