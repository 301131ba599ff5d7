package dev.groundmesh.controller;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what other threads do. */
public final class Await {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 5;

  private Await() {}

  /** Waits until it is so, for a bounded time. */
  public static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + LIMIT);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
