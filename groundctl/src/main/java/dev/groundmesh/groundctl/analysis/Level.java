package dev.groundmesh.groundctl.analysis;

/** How much a finding matters, most first. */
public enum Level {
  /** Something does not hold, or traffic is refused. */
  ERROR,

  /** It works, and likely not as meant. */
  WARNING,

  /** Worth knowing. */
  INFO;

  /** Whether a finding of this level counts where {@code threshold} does. */
  public boolean reaches(Level threshold) {
    return compareTo(threshold) <= 0;
  }
}
