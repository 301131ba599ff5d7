package dev.groundmesh.nodeagent.state;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The form of one journal entry: length of the content and its CRC-32C, four bytes each, then the
 * content: kind, three strings by length and text, and the body.
 */
final class JournalCodec {
  /** What a journal begins with; the number of its first bytes that were synced whole follows. */
  static final int MAGIC = 0x474d4a32;

  static final int HEADER_BYTES = 12;
  static final int PREFIX_BYTES = 8;
  private static final byte STORED = 1;
  private static final byte REMOVED = 2;

  private JournalCodec() {}

  static ByteBuffer header(long syncedBytes) {
    return ByteBuffer.allocate(HEADER_BYTES).putInt(MAGIC).putLong(syncedBytes).flip();
  }

  static ByteBuffer encode(ResourceChange change) {
    byte[] type = utf8(change.typeUrl());
    byte[] name = utf8(change.name());
    byte[] version =
        change instanceof ResourceChange.Stored s ? utf8(s.resource().version()) : new byte[0];
    ByteString body =
        change instanceof ResourceChange.Stored s ? s.resource().body() : ByteString.EMPTY;
    int length = 1 + 12 + type.length + name.length + version.length + body.size();
    ByteBuffer out = ByteBuffer.allocate(PREFIX_BYTES + length);
    out.position(PREFIX_BYTES);
    out.put(change instanceof ResourceChange.Stored ? STORED : REMOVED);
    putString(out, type);
    putString(out, name);
    putString(out, version);
    body.copyTo(out);
    out.flip();
    out.putInt(0, length);
    out.putInt(4, checksum(out.slice(PREFIX_BYTES, length)));
    return out;
  }

  /** The change, or null where the content is not one that this program has written. */
  static @Nullable ResourceChange decode(ByteBuffer content, int checksum) {
    if (checksum(content.duplicate()) != checksum) {
      return null;
    }
    byte kind = content.get();
    String type = string(content);
    String name = string(content);
    String version = string(content);
    return switch (kind) {
      case STORED ->
          new ResourceChange.Stored(
              new StoredResource(type, name, version, ByteString.copyFrom(content)));
      case REMOVED -> new ResourceChange.Removed(type, name);
      default -> null;
    };
  }

  private static int checksum(ByteBuffer content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return (int) crc.getValue();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void putString(ByteBuffer out, byte[] text) {
    out.putInt(text.length).put(text);
  }

  private static String string(ByteBuffer in) {
    byte[] text = new byte[in.getInt()];
    in.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
