package dev.groundmesh.daemonset.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a file of an image. */
public sealed interface Content {
  /** Bytes, exactly as many as {@link #open} gives. */
  long size() throws IOException;

  InputStream open() throws IOException;

  static Content of(Path file) {
    return new OfFile(file);
  }

  static Content of(byte[] bytes) {
    return new InMemory(bytes.clone());
  }

  static Content of(String text) {
    return new InMemory(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A file of this machine, which must not change while an image is made. */
  record OfFile(Path file) implements Content {
    @Override
    public long size() throws IOException {
      return Files.size(file);
    }

    @Override
    public InputStream open() throws IOException {
      return Files.newInputStream(file);
    }
  }

  /** Bytes at hand. */
  @SuppressWarnings("ArrayRecordComponent")
  record InMemory(byte[] bytes) implements Content {
    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }
  }
}
