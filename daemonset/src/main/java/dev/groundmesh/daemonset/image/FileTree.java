package dev.groundmesh.daemonset.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Files, directories and links by their absolute path without the leading slash, in the order of
 * the paths. Everything belongs to root. Not thread-safe.
 */
public final class FileTree {
  private static final int DIRECTORY_MODE = 0755;
  private static final int FILE_MODE = 0644;
  private static final int EXECUTABLE_MODE = 0755;

  /** What is at a path. */
  public sealed interface Entry {}

  /**
   * A directory.
   *
   * @param mode permission bits
   */
  public record Directory(int mode) implements Entry {}

  /**
   * A file with bytes of its own.
   *
   * @param mode permission bits
   */
  public record RegularFile(Content content, int mode) implements Entry {}

  /**
   * A symbolic link.
   *
   * @param target as {@code readlink} gives it
   */
  public record Link(String target) implements Entry {}

  private final SortedMap<String, Entry> entries = new TreeMap<>();

  /** Every entry by its path, parents before children. */
  public SortedMap<String, Entry> entries() {
    return Collections.unmodifiableSortedMap(entries);
  }

  public FileTree file(String path, Content content) {
    return put(path, new RegularFile(content, FILE_MODE));
  }

  public FileTree executable(String path, Content content) {
    return put(path, new RegularFile(content, EXECUTABLE_MODE));
  }

  public FileTree directory(String path, int mode) {
    return put(path, new Directory(mode));
  }

  public FileTree link(String path, String target) {
    return put(path, new Link(target));
  }

  /** Everything below a folder of this machine; who may execute a file may do so in the image. */
  public FileTree folder(String path, Path source) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String target = path + '/' + source.relativize(file);
            if (attributes.isSymbolicLink()) {
              link(target, Files.readSymbolicLink(file).toString());
            } else if (Files.isExecutable(file)
                && Files.getPosixFilePermissions(file)
                    .contains(PosixFilePermission.OTHERS_EXECUTE)) {
              executable(target, Content.of(file));
            } else {
              file(target, Content.of(file));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return this;
  }

  private FileTree put(String path, Entry entry) {
    if (path.startsWith("/") || path.endsWith("/") || path.isEmpty()) {
      throw new IllegalArgumentException("path: " + path + " (expected: no slash at its ends)");
    }
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      entries.putIfAbsent(path.substring(0, slash), new Directory(DIRECTORY_MODE));
    }
    entries.put(path, entry);
    return this;
  }

  /**
   * Writes the tree to a folder of this machine, as a container would see it.
   *
   * @param modified modification time of every file
   */
  public void writeTo(Path root, Instant modified) throws IOException {
    for (Map.Entry<String, Entry> one : entries.entrySet()) {
      Path target = root.resolve(one.getKey());
      switch (one.getValue()) {
        case Directory directory -> {
          Files.createDirectories(target);
          Files.setPosixFilePermissions(target, permissions(directory.mode()));
        }
        case RegularFile file -> {
          try (InputStream in = file.content().open()) {
            Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
          }
          Files.setPosixFilePermissions(target, permissions(file.mode()));
          Files.setLastModifiedTime(target, FileTime.from(modified));
        }
        case Link link -> {
          Files.deleteIfExists(target);
          Files.createSymbolicLink(target, Path.of(link.target()));
        }
      }
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromOwnerRead = PosixFilePermission.values();
    for (int bit = 0; bit < fromOwnerRead.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        permissions.add(fromOwnerRead[bit]);
      }
    }
    return permissions;
  }
}
