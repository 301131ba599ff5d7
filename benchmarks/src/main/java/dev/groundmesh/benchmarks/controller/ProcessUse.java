package dev.groundmesh.benchmarks.controller;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process takes of the machine. */
final class ProcessUse {

  /** Written to {@code clear_refs}: the highest resident set begins anew. */
  private static final String RESET_PEAK = "5";

  private ProcessUse() {}

  /** Live objects, in MiB. */
  @SuppressWarnings("SystemGc") // live memory is what is asked for
  static double heapMib() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0;
  }

  /** CPU time so far, in milliseconds. */
  static double cpuMillis() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e6;
  }

  static double residentMib() throws IOException {
    return status("VmRSS:");
  }

  /** The most since {@link #resetPeak}. */
  static double peakMib() throws IOException {
    return status("VmHWM:");
  }

  static void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), RESET_PEAK);
  }

  private static double status(String field) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(one -> one.startsWith(field)).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
    }
  }
}
