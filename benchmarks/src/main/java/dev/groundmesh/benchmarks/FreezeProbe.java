package dev.groundmesh.benchmarks;

import java.util.concurrent.locks.LockSupport;

/**
 * The program behind {@link Freezes}: sleeps a millisecond at a time and prints, for each time that
 * it slept much longer, when it woke (monotonic clock, ns) and how late (ns). Ends with the program
 * that launched it, however that ends.
 */
final class FreezeProbe {
  private static final long NAP = 1_000_000;

  /** With a real-time priority nothing in this machine keeps the probe waiting for so long. */
  private static final long LATE = 3_000_000;

  /** In naps. */
  private static final int LOOK_AROUND = 1_000;

  private FreezeProbe() {}

  @SuppressWarnings("SystemOut")
  public static void main(String[] args) {
    ProcessHandle launcher = ProcessHandle.current().parent().orElseThrow();
    long before = System.nanoTime();
    for (int naps = 1; naps % LOOK_AROUND != 0 || launcher.isAlive(); naps++) {
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
