package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The mounted file systems, as the agent's mount namespace has them. Thread-safe. */
public final class Mounts {
  private static final Path MOUNTS = Path.of("/proc/self/mounts");
  private static final Path USUAL_BPFFS = Path.of("/sys/fs/bpf");
  private static final Path SETTINGS = Path.of("/proc/sys");
  private static final Path A_SETTING = SETTINGS.resolve("net/ipv4/tcp_fwmark_accept");

  /** {@code MS_REMOUNT | MS_BIND}, without {@code MS_RDONLY}. */
  private static final long WRITABLE_AGAIN = 32 | 4096;

  private Mounts() {}

  /** The cgroup2 hierarchy that is mounted at {@code below}, or nearest below it, or anywhere. */
  public static Optional<Path> cgroup2(Path below) throws IOException {
    try (var lines = Files.lines(MOUNTS)) {
      return lines
          .map(line -> line.split(" "))
          .filter(fields -> fields.length > 2 && fields[2].equals("cgroup2"))
          .map(fields -> Path.of(fields[1]))
          .min(
              (a, b) ->
                  a.startsWith(below) == b.startsWith(below)
                      ? Integer.compare(a.getNameCount(), b.getNameCount())
                      : Boolean.compare(b.startsWith(below), a.startsWith(below)));
    }
  }

  /** Whether a bpf file system is mounted at or above the directory. */
  public static boolean isBpffs(Path directory) throws IOException {
    Path existing = directory.toAbsolutePath();
    while (!Files.isDirectory(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return Files.getFileStore(existing).type().equals("bpf");
  }

  /**
   * Makes the directory exist on a bpf file system; where there is none, mounts one, at {@code
   * /sys/fs/bpf} if the directory is below it and at the directory itself otherwise.
   */
  public static void ensureBpffs(Path directory) throws IOException {
    if (!isBpffs(directory)) {
      Path target = directory.startsWith(USUAL_BPFFS) ? USUAL_BPFFS : directory;
      Files.createDirectories(target);
      if (Libc.mount("bpf", target.toString(), "bpf", 0, null) != 0) {
        throw new KernelException("mount a bpf file system at " + target, Libc.errno());
      }
    }
    Files.createDirectories(directory);
  }

  /**
   * Makes the kernel's settings writable in this mount namespace: a container has them read-only,
   * and pods' routes need settings of the pods' own network namespaces.
   */
  public static void ensureSettingsWritable() throws IOException {
    if (Files.isWritable(A_SETTING) || !Files.exists(A_SETTING)) {
      return;
    }
    if (Libc.mount("none", SETTINGS.toString(), "none", WRITABLE_AGAIN, null) != 0) {
      throw new KernelException("make " + SETTINGS + " writable", Libc.errno());
    }
  }
}
