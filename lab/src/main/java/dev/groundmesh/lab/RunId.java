package dev.groundmesh.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mark that everything of one lab carries in its name: {@code gm-<lab>-<pid>x<start time>}. It
 * names the process that owns the lab, so that another one can tell whether the owner still lives;
 * the start time (clock ticks since boot, base 36) tells a reused pid apart.
 */
record RunId(String lab, long pid, long startTicks) {
  private static final String PREFIX = "gm-";
  private static final Pattern FORM = Pattern.compile("gm-([a-z0-9]+)-(\\d+)x([0-9a-z]+)(?:-.*)?");
  private static final int START_TIME_FIELD = 22;

  RunId {
    if (!lab.matches("[a-z0-9]{1,12}")) {
      throw new IllegalArgumentException(
          "lab: " + lab + " (expected: 1 to 12 lower-case letters and digits)");
    }
  }

  static RunId ofThisProcess(String lab) {
    long pid = ProcessHandle.current().pid();
    return new RunId(lab, pid, startTicks(pid).orElseThrow());
  }

  /** Reads the id off the name of a namespace, cgroup or directory. */
  static Optional<RunId> of(String name) {
    Matcher matcher = FORM.matcher(name);
    return matcher.matches()
        ? Optional.of(
            new RunId(
                matcher.group(1),
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3), 36)))
        : Optional.empty();
  }

  boolean ownerLives() {
    return startTicks(pid).equals(Optional.of(startTicks));
  }

  @Override
  public String toString() {
    return PREFIX + lab + "-" + pid + "x" + Long.toString(startTicks, 36);
  }

  private static Optional<Long> startTicks(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // Field 2 is the name in brackets and may hold blanks; field 3 follows its last bracket.
      String[] fromThird = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of(Long.parseLong(fromThird[START_TIME_FIELD - 3]));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
