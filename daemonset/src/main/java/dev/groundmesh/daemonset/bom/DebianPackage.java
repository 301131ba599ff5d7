package dev.groundmesh.daemonset.bom;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A package of this machine that a library was taken from.
 *
 * @param version with the Debian revision
 * @param copyright its licence text
 */
record DebianPackage(String name, String version, String architecture, Path copyright) {
  /**
   * Finds the package of a file.
   *
   * @throws IOException if this is no Debian-like system, or no package holds the file
   */
  static DebianPackage of(Path file) throws IOException {
    Path real = file.toRealPath();
    String owner = null;
    for (Path candidate : List.of(real, file, withoutUsr(real))) {
      owner = output("dpkg", "-S", candidate.toString());
      if (!owner.isEmpty()) {
        break;
      }
    }
    if (owner == null || owner.isEmpty()) {
      throw new IOException(file + ": of no Debian package (expected: images made on Debian)");
    }
    String qualified = owner.lines().findFirst().orElseThrow().replaceFirst(": /.*", "");
    String[] fields =
        output("dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture}", qualified)
            .strip()
            .split(" ", -1);
    Path copyright = Path.of("/usr/share/doc", fields[0], "copyright");
    if (!Files.exists(copyright)) {
      throw new IOException(copyright + ": missing (expected: the licence of " + fields[0] + ")");
    }
    return new DebianPackage(fields[0], fields[1], fields[2], copyright);
  }

  /** Debian's list may name a file by a path from before /lib became a link. */
  private static Path withoutUsr(Path file) {
    return file.startsWith("/usr") ? Path.of("/").resolve(Path.of("/usr").relativize(file)) : file;
  }

  private static String output(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return process.waitFor() == 0 ? text : "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command[0] + ": interrupted", e);
    }
  }
}
