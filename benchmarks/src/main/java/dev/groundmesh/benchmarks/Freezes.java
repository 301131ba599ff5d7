package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Times at which the whole machine stood still. A virtual machine that has used up its share of the
 * host's CPU is halted until the next period begins, tens of milliseconds at a time and mostly when
 * a subject keeps all cores busy. A probe with a real-time priority sees it, since nothing inside
 * the machine can delay it so.
 *
 * <p>Both JVMs read the same monotonic clock (clock_gettime(2), CLOCK_MONOTONIC).
 */
final class Freezes implements AutoCloseable {
  private record Freeze(long begin, long end) {}

  private final Process probe;
  private final List<Freeze> seen = new ArrayList<>();

  private Freezes(Process probe) {
    this.probe = probe;
    Thread.ofPlatform().name("freezes").daemon().start(this::read);
  }

  /** Starts the probe. Needs root and chrt(1). */
  static Freezes watch() {
    List<String> line = new ArrayList<>(List.of("chrt", "--fifo", "50"));
    line.addAll(
        JavaCommand.tool(ClassPath.ofThisJvm(), FreezeProbe.class.getName()).with("-Xmx8m").line());
    try {
      return new Freezes(
          new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the probe still runs; without it no freeze is seen. */
  boolean watching() {
    return probe.isAlive();
  }

  private void read() {
    try (BufferedReader lines = probe.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split(" ", 2);
        long woke = Long.parseLong(fields[0]);
        synchronized (seen) {
          seen.add(new Freeze(woke - Long.parseLong(fields[1]), woke));
        }
      }
    } catch (IOException e) {
      // The probe was ended.
    }
  }

  /** Part of the time from {@code begin} to {@code end}, by {@link System#nanoTime}: 0 to 1. */
  double share(long begin, long end) {
    long frozen = 0;
    synchronized (seen) {
      for (Freeze one : seen) {
        frozen += Math.max(0, Math.min(end, one.end) - Math.max(begin, one.begin));
      }
    }
    return (double) frozen / (end - begin);
  }

  @Override
  public void close() {
    probe.destroyForcibly();
  }
}
