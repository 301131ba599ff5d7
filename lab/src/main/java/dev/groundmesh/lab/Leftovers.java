package dev.groundmesh.lab;

import dev.groundmesh.lab.process.Cgroup;
import dev.groundmesh.lab.process.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Removal of what labs leave on the machine: their own at close, and those of processes that died
 * without it.
 */
final class Leftovers {
  static final Path NETNS = Path.of("/run/netns");

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private Leftovers() {}

  /** Removes everything of labs whose process is gone. */
  static void removeOfTheDead() {
    removeWhere(id -> !id.ownerLives());
  }

  /**
   * Removes everything of one lab; processes first, so that nothing keeps a namespace or a mount
   * alive.
   */
  static void remove(RunId id) {
    removeWhere(id::equals);
  }

  private static void removeWhere(Predicate<RunId> which) {
    for (Path path : matching(Cgroup.root().path(), which)) {
      new Cgroup(path).killAndRemove();
    }
    for (Path path : matching(NETNS, which)) {
      Command.run(List.of("ip", "netns", "del", path.getFileName().toString()), "", LIMIT);
    }
    for (Path path : matching(Lab.BASE, which)) {
      unmountBelow(path);
      deleteTree(path);
    }
  }

  private static List<Path> matching(Path directory, Predicate<RunId> which) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(directory)) {
      return children
          .filter(child -> RunId.of(child.getFileName().toString()).filter(which).isPresent())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void unmountBelow(Path directory) {
    try {
      for (String mount : Files.readAllLines(Path.of("/proc/self/mounts"))) {
        String point = mount.split(" ", 3)[1];
        if (point.startsWith(directory + "/")) {
          Command.run(List.of("umount", "--lazy", point), "", LIMIT);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void deleteTree(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
