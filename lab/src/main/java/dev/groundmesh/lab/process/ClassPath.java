package dev.groundmesh.lab.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The jars and class directories that a Java program is launched with. */
public record ClassPath(List<Path> entries) {
  public ClassPath {
    entries = List.copyOf(entries);
  }

  /** What this JVM runs with: enough for every module that the caller depends on. */
  public static ClassPath ofThisJvm() {
    return new ClassPath(
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !entry.isEmpty())
            .map(Path::of)
            .filter(Files::exists)
            .map(Path::toAbsolutePath)
            .toList());
  }

  /**
   * All jars of a folder, in the order of their names.
   *
   * @throws UncheckedIOException if there is no such folder
   */
  public static ClassPath ofJars(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return new ClassPath(
          files
              .filter(file -> file.toString().endsWith(".jar"))
              .map(file -> file.toAbsolutePath().normalize())
              .sorted()
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": cannot be listed; is it built?", e);
    }
  }

  /** As {@code java -cp} takes it. */
  public String argument() {
    return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }
}
