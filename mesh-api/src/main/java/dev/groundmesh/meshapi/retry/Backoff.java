package dev.groundmesh.meshapi.retry;

import java.time.Duration;

/**
 * How long to wait before what failed is tried again: twice as long after every further failure.
 *
 * @param first after the first failure
 * @param longest the limit
 */
public record Backoff(Duration first, Duration longest) {
  private static final int MAX_DOUBLINGS = 20;

  /**
   * The pause after a failure.
   *
   * @param failures in a row, this one included; from 1
   */
  public Duration after(int failures) {
    Duration pause = first.multipliedBy(1L << Math.clamp(failures - 1, 0, MAX_DOUBLINGS));
    return pause.compareTo(longest) < 0 ? pause : longest;
  }
}
