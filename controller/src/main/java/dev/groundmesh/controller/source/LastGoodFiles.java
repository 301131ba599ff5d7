package dev.groundmesh.controller.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of manifest files with policies in them, as they last were without a mistake, so that a
 * bad edit followed by a restart does not lose a policy. Confined to the source's thread.
 */
final class LastGoodFiles {

  private static final Logger log = LoggerFactory.getLogger(LastGoodFiles.class);

  private final Path folder;

  LastGoodFiles(Path folder) {
    this.folder = folder;
  }

  Optional<String> read(String file) {
    try {
      return Optional.of(Files.readString(copyOf(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      log.error("{}: the last good version of {} cannot be read: {}", folder, file, e.toString());
      return Optional.empty();
    }
  }

  /** Keeps a version without mistakes; those without policies are not worth a copy. */
  void keep(String file, String text) {
    Path copy = copyOf(file);
    try {
      if (!text.contains("security.istio.io")) {
        Files.deleteIfExists(copy);
        return;
      }
      if (read(file).filter(text::equals).isPresent()) {
        return;
      }
      Files.createDirectories(folder);
      Path partial = folder.resolve(copy.getFileName() + ".partial");
      Files.writeString(partial, text);
      Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      log.error("{}: the last good version of {} cannot be kept: {}", folder, file, e.toString());
    }
  }

  void forget(String file) {
    try {
      Files.deleteIfExists(copyOf(file));
    } catch (IOException e) {
      log.error("{}: the copy of {} cannot be deleted: {}", folder, file, e.toString());
    }
  }

  /** Side by side, whatever folders the originals are in. */
  private Path copyOf(String file) {
    return folder.resolve(file.replace("%", "%25").replace("/", "%2F"));
  }
}
