package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encodes messages, the same content always to the same bytes. Confined to one thread. */
final class Encoder {

  private final MessageDigest digest;

  Encoder() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  CompiledResource encode(
      ResourceType type,
      String name,
      MessageLite message,
      List<String> aliases,
      @Nullable String node) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    long hash = ByteBuffer.wrap(digest.digest(bytes)).getLong();
    return new CompiledResource(type, name, hash, ByteString.copyFrom(bytes), aliases, node);
  }
}
