package dev.groundmesh.lab.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * A cgroup v2 directory. The lab uses it for two things only: to end every process below it,
 * children and daemons included, and to count their CPU time ({@code cpu.stat} needs no
 * controller).
 */
public record Cgroup(Path path) {
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

  /** CPU time spent by all processes of a cgroup so far, ended ones included. */
  public record CpuTime(Duration user, Duration system) {
    public Duration total() {
      return user.plus(system);
    }
  }

  /**
   * The root of the machine's cgroup v2 hierarchy.
   *
   * @throws IllegalStateException if none is mounted
   */
  public static Cgroup root() {
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
      return mounts
          .map(line -> line.split(" ", -1))
          .filter(fields -> fields.length > 2 && fields[2].equals("cgroup2"))
          .map(fields -> new Cgroup(Path.of(fields[1])))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "cgroup v2: not mounted (expected: mount -t cgroup2 none /sys/fs/cgroup/unified)"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Creates a child, or returns the one that is there. */
  public Cgroup child(String name) {
    Path child = path.resolve(name);
    try {
      Files.createDirectories(child);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Cgroup(child);
  }

  public boolean exists() {
    return Files.isDirectory(path);
  }

  /** CPU time of everything at and below this cgroup. */
  public CpuTime cpuTime() {
    Duration user = Duration.ZERO;
    Duration system = Duration.ZERO;
    try {
      for (String line : Files.readAllLines(path.resolve("cpu.stat"))) {
        int space = line.indexOf(' ');
        switch (line.substring(0, space)) {
          case "user_usec" -> user = micros(line, space);
          case "system_usec" -> system = micros(line, space);
          default -> {}
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new CpuTime(user, system);
  }

  /**
   * Sends SIGKILL to everything at and below this cgroup, waits for its end, and removes the
   * directories.
   */
  public void killAndRemove() {
    if (!exists()) {
      return;
    }
    try {
      Files.writeString(path.resolve("cgroup.kill"), "1");
      long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
      while (populated()) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              path + ": processes still alive " + KILL_LIMIT + " after SIGKILL");
        }
        Thread.sleep(2);
      }
      removeTree();
    } catch (NoSuchFileException e) {
      // Removed by another clean-up of the same leftovers.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean populated() throws IOException {
    return Files.readString(path.resolve("cgroup.events")).contains("populated 1");
  }

  private void removeTree() throws IOException {
    try (Stream<Path> children = Files.list(path)) {
      for (Path child : children.filter(Files::isDirectory).toList()) {
        new Cgroup(child).removeTree();
      }
    }
    Files.deleteIfExists(path);
  }

  private static Duration micros(String line, int space) {
    return Duration.ofNanos(Long.parseLong(line.substring(space + 1).strip()) * 1_000);
  }
}
