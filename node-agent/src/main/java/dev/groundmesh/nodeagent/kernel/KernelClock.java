package dev.groundmesh.nodeagent.kernel;

/** The kernel's clocks that never go back (clock_gettime(2)). Thread-safe. */
public enum KernelClock {
  /** What eBPF programs read: from an arbitrary start, the same for all processes of this boot. */
  MONOTONIC(1),
  /** From the boot, the time that the machine slept included: what the ages of processes go by. */
  BOOT_TIME(7);

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final int id;

  KernelClock(int id) {
    this.id = id;
  }

  /** Nanoseconds since the clock's start. */
  public long nanos() {
    return nanosOf(id);
  }

  private static long nanosOf(int clock) {
    long[] now = new long[2];
    Libc.clock_gettime(clock, now);
    return now[0] * NANOS_PER_SECOND + now[1];
  }
}
