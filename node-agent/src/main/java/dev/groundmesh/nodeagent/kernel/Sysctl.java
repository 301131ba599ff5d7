package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Settings of a network namespace below {@code /proc/sys/net}. In a container that is read-only;
 * then the node's own is used, which the container must have at {@code /host/proc}. Thread-safe.
 */
public final class Sysctl {
  private static final Path ROOT = root(Path.of("/proc"), Path.of("/host/proc"));

  private Sysctl() {}

  private static Path root(Path own, Path ofTheNode) {
    boolean readOnly = !Files.isWritable(own.resolve("sys/net/ipv4/ip_forward"));
    Path proc = readOnly && Files.isDirectory(ofTheNode.resolve("sys/net")) ? ofTheNode : own;
    return proc.resolve("sys/net");
  }

  /**
   * Reads a setting.
   *
   * @param name below {@code net}, for example {@code ipv4/tcp_fwmark_accept}
   */
  public static String read(NetnsHandle netns, String name) throws IOException {
    return netns.<String, IOException>call(() -> Files.readString(ROOT.resolve(name)).strip());
  }

  /** Writes a setting. */
  public static void write(NetnsHandle netns, String name, String value) throws IOException {
    netns.<IOException>run(() -> Files.writeString(ROOT.resolve(name), value));
  }
}
