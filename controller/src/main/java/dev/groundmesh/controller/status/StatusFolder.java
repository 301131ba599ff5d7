package dev.groundmesh.controller.status;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statuses as files beside the manifests: {@code .status/<kind>/<namespace>/<name>.yaml}, without
 * the namespace for kinds that have none. Each is replaced whole and only when it differs. Confined
 * to one thread. A disk that fails costs statuses only.
 */
public final class StatusFolder implements StatusSink {

  private static final Logger log = LoggerFactory.getLogger(StatusFolder.class);

  private final Path folder;
  private boolean started;
  private boolean failing;

  /**
   * Statuses beside these manifests.
   *
   * @param manifests the folder of manifests
   */
  public StatusFolder(Path manifests) {
    this.folder = manifests.resolve(".status");
  }

  @Override
  public void statuses(Collection<ObjectStatus> changed, Collection<ObjectStatus> removed) {
    try {
      for (ObjectStatus status : changed) {
        write(status);
      }
      for (ObjectStatus status : removed) {
        Files.deleteIfExists(file(status));
      }
      if (!started) {
        started = true;
        removeStale(changed);
      }
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        failing = true;
        log.error("{}: statuses cannot be written: {}", folder, e.toString());
      }
    }
  }

  private Path file(ObjectStatus status) {
    Path kind = folder.resolve(status.kind());
    Path parent = status.namespace().isEmpty() ? kind : kind.resolve(status.namespace());
    return parent.resolve(status.name().replace('/', '_') + ".yaml");
  }

  private void write(ObjectStatus status) throws IOException {
    Path file = file(status);
    byte[] text = StatusText.of(status).getBytes(StandardCharsets.UTF_8);
    try {
      if (Arrays.equals(text, Files.readAllBytes(file))) {
        return;
      }
    } catch (NoSuchFileException e) {
      Files.createDirectories(file.getParent());
    }
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    Files.write(partial, text);
    try {
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Objects may have gone while nobody watched. */
  private void removeStale(Collection<ObjectStatus> current) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Set<Path> expected = new HashSet<>();
    for (ObjectStatus status : current) {
      expected.add(file(status));
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!expected.contains(file)) {
          Files.delete(file);
        }
      }
    }
  }
}
