package dev.groundmesh.tunnel.h2;

import java.util.function.LongSupplier;

/** A budget that refills with time; event loop only. */
final class TokenBucket {
  private final int capacity;
  private final int perSecond;
  private double tokens;
  private long filledAt;

  /**
   * A full bucket.
   *
   * @param capacity tokens at most
   * @param perSecond tokens that come back each second
   * @param now nanoseconds of a monotonic clock
   */
  TokenBucket(int capacity, int perSecond, long now) {
    this.capacity = capacity;
    this.perSecond = perSecond;
    this.tokens = capacity;
    this.filledAt = now;
  }

  /** Takes one token; false when there is none. The clock is asked only when they run out. */
  boolean take(LongSupplier nanoTime) {
    if (tokens < 1) {
      long now = nanoTime.getAsLong();
      tokens = Math.min(capacity, tokens + (now - filledAt) * 1e-9 * perSecond);
      filledAt = now;
      if (tokens < 1) {
        return false;
      }
    }
    tokens -= 1;
    return true;
  }
}
