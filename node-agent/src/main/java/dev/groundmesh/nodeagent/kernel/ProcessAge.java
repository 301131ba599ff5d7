package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How long this process exists. The JDK tells the start of a process by a boot time that the kernel
 * gives in whole seconds, so that its answer may be a second off.
 */
public final class ProcessAge {
  private static final Path STAT = Path.of("/proc/self/stat");

  /** Of starttime in proc_pid_stat(5), among the fields after the program's name. */
  private static final int START_TIME = 19;

  /** USER_HZ, the same on every architecture that the agent runs on. */
  private static final long TICKS_PER_SECOND = 100;

  private ProcessAge() {}

  /**
   * The time since this process was begun, right to 10 ms. Any thread.
   *
   * @throws IOException if the kernel does not tell
   */
  public static Duration now() throws IOException {
    Duration start = startAfterBoot(Files.readString(STAT, StandardCharsets.ISO_8859_1));
    return Duration.ofNanos(KernelClock.BOOT_TIME.nanos()).minus(start);
  }

  /** The start in a line of proc_pid_stat(5), as the time since the boot. */
  static Duration startAfterBoot(String stat) {
    // The name may hold spaces and parentheses.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Duration.ofMillis(Long.parseLong(fields[START_TIME]) * 1000 / TICKS_PER_SECOND);
  }
}
