package dev.groundmesh.daemonset.image;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Writes POSIX ustar archives in which nothing depends on the machine or the time: owner 0, one
 * modification time for all. Not thread-safe.
 */
final class TarWriter implements Closeable {
  private static final int BLOCK = 512;
  private static final int NAME = 100;
  private static final int PREFIX = 155;
  private static final int CHECKSUM = 148;

  private final OutputStream out;
  private final long modified;

  TarWriter(OutputStream out, Instant modified) {
    this.out = out;
    this.modified = modified.getEpochSecond();
  }

  void write(FileTree tree) throws IOException {
    for (var one : tree.entries().entrySet()) {
      switch (one.getValue()) {
        case FileTree.Directory directory ->
            header(one.getKey() + '/', directory.mode(), 0, '5', "");
        case FileTree.Link link -> header(one.getKey(), 0777, 0, '2', link.target());
        case FileTree.RegularFile file -> file(one.getKey(), file.content(), file.mode());
      }
    }
  }

  void file(String path, Content content, int mode) throws IOException {
    long size = content.size();
    header(path, mode, size, '0', "");
    long copied;
    try (InputStream in = content.open()) {
      copied = in.transferTo(out);
    }
    if (copied != size) {
      throw new IOException(path + ": " + copied + " bytes (expected: " + size + ")");
    }
    pad(size);
  }

  private void pad(long size) throws IOException {
    int rest = (int) (size % BLOCK);
    if (rest != 0) {
      out.write(new byte[BLOCK - rest]);
    }
  }

  private void header(String path, int mode, long size, char type, String target)
      throws IOException {
    byte[] block = new byte[BLOCK];
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    int split = split(name, path);
    text(block, 0, name, split == 0 ? 0 : split + 1, NAME, path);
    octal(block, 100, 8, mode);
    octal(block, 108, 8, 0);
    octal(block, 116, 8, 0);
    octal(block, 124, 12, size);
    octal(block, 136, 12, modified);
    block[156] = (byte) type;
    text(block, 157, target.getBytes(StandardCharsets.UTF_8), 0, NAME, path);
    System.arraycopy("ustar\00000".getBytes(StandardCharsets.US_ASCII), 0, block, 257, 8);
    System.arraycopy(name, 0, block, 345, split);
    int sum = 8 * ' ';
    for (byte one : block) {
      sum += one & 0xff;
    }
    System.arraycopy(
        String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII), 0, block, CHECKSUM, 8);
    out.write(block);
  }

  /** Where the slash is that parts a long name in prefix and name; 0: it is short. */
  private static int split(byte[] name, String path) throws IOException {
    if (name.length <= NAME) {
      return 0;
    }
    for (int at = Math.min(PREFIX, name.length - 2); at >= name.length - 1 - NAME && at > 0; at--) {
      if (name[at] == '/') {
        return at;
      }
    }
    throw new IOException(path + ": its name does not fit into a ustar archive");
  }

  private static void text(byte[] block, int at, byte[] text, int from, int room, String path)
      throws IOException {
    if (text.length - from > room) {
      throw new IOException(path + ": its name or target does not fit into a ustar archive");
    }
    System.arraycopy(text, from, block, at, text.length - from);
  }

  private static void octal(byte[] block, int at, int room, long value) {
    byte[] digits =
        String.format("%0" + (room - 1) + "o", value).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, block, at, digits.length);
  }

  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }
}
