package dev.groundmesh.benchmarks;

import java.util.concurrent.locks.LockSupport;

/**
 * The program behind {@link Freezes}: sleeps a millisecond at a time and prints, for each time that
 * it slept much longer, when it woke (monotonic clock, ns) and how late (ns).
 */
final class FreezeProbe {
  private static final long NAP = 1_000_000;

  /** With a real-time priority nothing in this machine keeps the probe waiting for so long. */
  private static final long LATE = 3_000_000;

  private FreezeProbe() {}

  @SuppressWarnings("SystemOut")
  public static void main(String[] args) {
    long before = System.nanoTime();
    while (!Thread.interrupted()) {
      LockSupport.parkNanos(NAP);
      long now = System.nanoTime();
      long late = now - before - NAP;
      if (late > LATE) {
        System.out.println(now + " " + late);
      }
      before = now;
    }
  }
}
