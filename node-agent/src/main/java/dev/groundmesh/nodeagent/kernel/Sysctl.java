package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Settings of a network namespace below {@code /proc/sys/net}. Thread-safe. */
public final class Sysctl {
  private static final Path ROOT = Path.of("/proc/sys/net");

  private Sysctl() {}

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
