package dev.groundmesh.tunnel.path;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Waits for a condition, for a bounded time. */
public final class Await {
  private static final long TIMEOUT_SECONDS = 20;

  private static final long STEADY_MILLIS = 500;

  private Await() {}

  public static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("condition not met in " + TIMEOUT_SECONDS + " s");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  /** Waits until a value has not moved for a while. */
  public static void untilSteady(LongSupplier value) {
    long last = value.getAsLong();
    long since = System.nanoTime();
    while (System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(STEADY_MILLIS)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      long now = value.getAsLong();
      if (now != last) {
        last = now;
        since = System.nanoTime();
      }
    }
  }
}
