package dev.groundmesh.nodeagent.kernel;

/** CLOCK_MONOTONIC, the clock that eBPF programs read. Thread-safe. */
public final class MonotonicClock {
  private static final int CLOCK_MONOTONIC = 1;

  private MonotonicClock() {}

  /** Nanoseconds since an arbitrary start, the same for all processes of this boot. */
  public static long nanos() {
    long[] now = new long[2];
    Libc.clock_gettime(CLOCK_MONOTONIC, now);
    return now[0] * 1_000_000_000L + now[1];
  }
}
