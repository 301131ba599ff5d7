package dev.groundmesh.controller.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The directory in which the controller keeps what it must not lose.
 *
 * <p>A file is either the old or the new one, whatever happens in between: it is written beside its
 * place, flushed to the disk, renamed over the old one, and the directory is flushed. When a write
 * fails (full disk, no permission) the old file stands. Thread-safe between different files.
 */
public final class StateDirectory {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> EVERYONE_READS =
      PosixFilePermissions.fromString("rw-r--r--");
  private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");

  /** No state file comes near it; a larger one is not ours. */
  private static final long MAX_BYTES = 4L << 20;

  private final Path root;

  private StateDirectory(Path root) {
    this.root = root;
  }

  /**
   * Opens the directory, making it (mode 0700) if it does not exist.
   *
   * @throws StateException if it is no directory or cannot be made
   */
  public static StateDirectory open(Path root) throws StateException {
    try {
      if (!Files.isDirectory(root)) {
        Files.createDirectories(
            root.toAbsolutePath(), PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
      }
    } catch (IOException e) {
      throw new StateException(root, "cannot be made: " + cause(e), e);
    }
    return new StateDirectory(root.toAbsolutePath());
  }

  public Path path(String name) {
    return root.resolve(name);
  }

  /** The content of a file; empty if there is none. */
  public Optional<String> read(String name) throws StateException {
    Path file = path(name);
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new StateException(
            file, "size: " + size + " bytes (expected: at most " + MAX_BYTES + ")", null);
      }
      return Optional.of(Files.readString(file, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new StateException(file, "cannot be read: " + cause(e), e);
    }
  }

  /** Replaces a file that only the owner may read. */
  public void writeSecret(String name, String content) throws StateException {
    write(path(name), content, OWNER_ONLY);
  }

  /** Replaces a file that everyone may read. */
  public void writePublic(String name, String content) throws StateException {
    write(path(name), content, EVERYONE_READS);
  }

  /** Removes a file; no error if there is none. */
  public void delete(String name) throws StateException {
    try {
      Files.deleteIfExists(path(name));
    } catch (IOException e) {
      throw new StateException(path(name), "cannot be removed: " + cause(e), e);
    }
  }

  private static void write(Path file, String content, Set<PosixFilePermission> permissions)
      throws StateException {
    Path directory = file.getParent();
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try {
      if (directory != null && !Files.isDirectory(directory)) {
        Files.createDirectories(
            directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
      }
      Files.deleteIfExists(temporary);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(permissions))) {
        // The creation mask may have taken bits away.
        Files.setPosixFilePermissions(temporary, permissions);
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      move(temporary, file);
      if (directory != null) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
        }
      }
    } catch (IOException e) {
      deleteQuietly(temporary, e);
      throw new StateException(file, "cannot be written: " + cause(e), e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system cannot rename atomically", e);
    }
  }

  private static void deleteQuietly(Path temporary, IOException because) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private static String cause(IOException e) {
    if (e instanceof FileSystemException fileSystem && fileSystem.getReason() != null) {
      return fileSystem.getReason();
    }
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : " " + e.getMessage());
  }
}
