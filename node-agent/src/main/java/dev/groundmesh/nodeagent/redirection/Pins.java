package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.MapName;
import dev.groundmesh.ebpf.NodeProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where in the pin directory things are. */
record Pins(Path directory) {
  private static final Logger log = LoggerFactory.getLogger(Pins.class);

  Path maps() {
    return directory.resolve("maps");
  }

  Path map(MapName name) {
    return maps().resolve(name.mapName());
  }

  Path links() {
    return directory.resolve("links");
  }

  Path link(NodeProgram program) {
    return links().resolve(program.programName());
  }

  Path pods() {
    return directory.resolve("pods");
  }

  Path pod(long netnsCookie) {
    return pods().resolve(Long.toUnsignedString(netnsCookie));
  }

  /**
   * Whether a predecessor's maps are complete: this one is pinned last. What a predecessor left
   * half pinned is of no use, for no program is attached to it.
   */
  boolean complete() {
    return Files.exists(map(MapName.NODE_CONFIG));
  }

  void createDirectories() throws IOException {
    Files.createDirectories(maps());
    Files.createDirectories(links());
    Files.createDirectories(pods());
  }

  /** Removes all pins: programs whose link is not open elsewhere are detached, links first. */
  void removeAll() throws IOException {
    for (Path part : new Path[] {links(), pods(), maps()}) {
      if (Files.isDirectory(part)) {
        removeTree(part);
      }
    }
    try {
      Files.deleteIfExists(directory);
    } catch (FileSystemException e) {
      // A mount point, or another's files are in it.
      log.debug("{} stays: {}", directory, e.getMessage());
    }
  }

  private static void removeTree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.deleteIfExists(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
