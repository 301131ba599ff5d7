package dev.groundmesh.daemonset.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/**
 * A layer as it is stored: a gzip'ed tar in a file.
 *
 * @param digest SHA-256 of the file, in hexadecimal
 * @param size of the file, bytes
 * @param contentDigest SHA-256 of the tar within, in hexadecimal
 * @param contentSize of the tar within, bytes
 */
record Layer(Path file, String digest, long size, String contentDigest, long contentSize) {
  private static final int BUFFER = 1 << 16;

  static Layer write(FileTree tree, Path file, Instant modified) throws IOException {
    MessageDigest packed = Sha256.digest();
    MessageDigest plain = Sha256.digest();
    CountingOutputStream counted;
    try (OutputStream stored =
            new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), packed);
        var zipped = new GZIPOutputStream(stored, BUFFER)) {
      counted = new CountingOutputStream(new DigestOutputStream(zipped, plain));
      try (var tar = new TarWriter(new BufferedOutputStream(counted, BUFFER), modified)) {
        tar.write(tree);
      }
    }
    return new Layer(
        file,
        HexFormat.of().formatHex(packed.digest()),
        Files.size(file),
        HexFormat.of().formatHex(plain.digest()),
        counted.count());
  }

  /** Counts what passes. */
  private static final class CountingOutputStream extends OutputStream {
    private final OutputStream out;
    private long count;

    CountingOutputStream(OutputStream out) {
      this.out = out;
    }

    long count() {
      return count;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
