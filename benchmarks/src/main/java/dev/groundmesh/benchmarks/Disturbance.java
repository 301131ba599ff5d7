package dev.groundmesh.benchmarks;

import java.util.Comparator;
import java.util.Locale;

/**
 * What else the machine did during a repetition.
 *
 * @param foreignCores how many cores others kept busy, on average
 * @param frozenShare part of the time, 0 to 1, in which no program got a core; see {@link Freezes}
 */
record Disturbance(double foreignCores, double frozenShare) {
  /** Foreign load, in cores, above which a repetition does not count. */
  static final double DISTURBED_CORES = 0.5;

  /**
   * A freeze halts all connections at once, and the load generator counts for each the requests
   * that it would have sent meanwhile; so a 99th percentile tells of the machine and not of the
   * subject when a hundredth of the time was frozen. This keeps well clear of it.
   */
  static final double DISTURBED_SHARE = 0.004;

  static final Disturbance NONE = new Disturbance(0, 0);

  /** The least disturbed first. */
  static final Comparator<Disturbance> ORDER =
      Comparator.comparingDouble(
          one -> one.foreignCores / DISTURBED_CORES + one.frozenShare / DISTURBED_SHARE);

  boolean tooMuch() {
    return foreignCores > DISTURBED_CORES || frozenShare > DISTURBED_SHARE;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "foreign %.2f cores, frozen %.1f %%", foreignCores, frozenShare * 100);
  }
}
