package dev.groundmesh.groundctl.check;

/**
 * What one check came to.
 *
 * @param name what is checked, stable: scripts match on it
 * @param subject of what, such as a node's name; empty: of the cluster
 * @param found what there is
 * @param remedy what to do; empty where the outcome is {@link Outcome#OK}
 */
public record CheckResult(
    String name, String subject, Outcome outcome, String found, String remedy) {
  /** How it stands. */
  public enum Outcome {
    OK,

    /** It may work, or in part. */
    DOUBTFUL,

    /** The mesh, or the part of it that is named, does not work so. */
    FAILED
  }

  static CheckResult ok(String name, String subject, String found) {
    return new CheckResult(name, subject, Outcome.OK, found, "");
  }

  static CheckResult doubtful(String name, String subject, String found, String remedy) {
    return new CheckResult(name, subject, Outcome.DOUBTFUL, found, remedy);
  }

  static CheckResult failed(String name, String subject, String found, String remedy) {
    return new CheckResult(name, subject, Outcome.FAILED, found, remedy);
  }
}
