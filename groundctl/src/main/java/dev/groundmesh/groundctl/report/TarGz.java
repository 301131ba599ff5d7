package dev.groundmesh.groundctl.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a compressed archive of files.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html">the ustar
 *     interchange format</a>
 */
final class TarGz implements Closeable {
  private static final int BLOCK = 512;
  private static final int NAME = 100;
  private static final int PREFIX = 155;

  private final OutputStream out;
  private final long seconds;

  /**
   * @param seconds the time of all files, since the epoch
   */
  TarGz(OutputStream out, long seconds) throws IOException {
    this.out = new GZIPOutputStream(out);
    this.seconds = seconds;
  }

  /**
   * Adds a file.
   *
   * @param path with slashes, of at most 255 bytes
   */
  void add(String path, byte[] content) throws IOException {
    byte[] header = new byte[BLOCK];
    int split = path.length() <= NAME ? -1 : path.indexOf('/', path.length() - NAME - 1);
    if (path.length() > NAME && (split < 0 || split > PREFIX)) {
      throw new IllegalArgumentException("path: " + path + " (expected: one that tar can hold)");
    }
    put(header, 0, NAME, path.substring(split + 1));
    octal(header, 100, 8, 0_600);
    octal(header, 108, 8, 0);
    octal(header, 116, 8, 0);
    octal(header, 124, 12, content.length);
    octal(header, 136, 12, seconds);
    Arrays.fill(header, 148, 156, (byte) ' ');
    header[156] = '0';
    put(header, 257, 8, "ustar\00000");
    put(header, 345, PREFIX, split < 0 ? "" : path.substring(0, split));
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xff;
    }
    octal(header, 148, 7, sum);
    out.write(header);
    out.write(content);
    out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
  }

  private static void put(byte[] header, int at, int length, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, Math.min(bytes.length, length));
  }

  private static void octal(byte[] header, int at, int length, long value) {
    String digits = Long.toOctalString(value);
    put(header, at, length, "0".repeat(length - 1 - digits.length()) + digits);
    header[at + length - 1] = 0;
  }

  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }
}
