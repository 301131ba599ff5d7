package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.process.Cgroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How much CPU the machine spent on others: all user and system time, less that of the lab and of
 * this process. Time in interrupts is left out, since the lab causes most of it and the kernel
 * charges it to nobody.
 */
final class ForeignLoad {
  private static final double TICKS_PER_SECOND = 100;

  private final Cgroup lab;
  private final double othersAtStart;
  private final long startNanos;

  private ForeignLoad(Cgroup lab) {
    this.lab = lab;
    othersAtStart = othersSeconds();
    startNanos = System.nanoTime();
  }

  static ForeignLoad measure(Cgroup lab) {
    return new ForeignLoad(lab);
  }

  /** Cores that others kept busy since the start, on average; 0 or more. */
  double cores() {
    double elapsed = (System.nanoTime() - startNanos) / 1e9;
    return Math.max(0, (othersSeconds() - othersAtStart) / elapsed);
  }

  private double othersSeconds() {
    Duration own =
        lab.cpuTime()
            .total()
            .plus(ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO));
    return busySeconds() - own.toNanos() / 1e9;
  }

  private static double busySeconds() {
    try {
      String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
      return (Long.parseLong(fields[1]) + Long.parseLong(fields[2]) + Long.parseLong(fields[3]))
          / TICKS_PER_SECOND;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
