package dev.groundmesh.tunnel.h2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames. Small ones are gathered, so that they share a TLS record and a system call; a
 * large DATA frame gets its header written into the room in front of its payload, so that it is not
 * copied.
 */
final class FrameWriter {
  /** One TLS record holds at most so many bytes. */
  private static final int GATHER_CAPACITY = 16_384;

  private static final int GATHER_MAX_PAYLOAD = 4096;

  private final H2Transport transport;
  private final ByteBufAllocator allocator;
  private @Nullable ByteBuf gather;

  FrameWriter(H2Transport transport, ByteBufAllocator allocator) {
    this.transport = transport;
    this.allocator = allocator;
  }

  /** The gather buffer, with the header of a frame written and room for its payload. */
  private ByteBuf begin(int length, int type, int flags, int streamId) {
    ByteBuf buffer = gather;
    if (buffer != null && buffer.writableBytes() < FrameType.HEADER_LENGTH + length) {
      seal();
      buffer = null;
    }
    if (buffer == null) {
      buffer = newGather(Math.max(GATHER_CAPACITY, FrameType.HEADER_LENGTH + length));
      gather = buffer;
    }
    buffer.writeMedium(length);
    buffer.writeByte(type);
    buffer.writeByte(flags);
    buffer.writeInt(streamId);
    return buffer;
  }

  /**
   * Where direct memory has run out, streams are reset to get some back, and that needs frames too.
   */
  private ByteBuf newGather(int capacity) {
    try {
      return allocator.directBuffer(capacity, capacity);
    } catch (OutOfMemoryError e) {
      // Of direct memory, or the JVM would have ended.
      return Unpooled.buffer(capacity, capacity);
    }
  }

  /** Hands the gathered frames to the transport. */
  void seal() {
    ByteBuf buffer = gather;
    if (buffer != null) {
      gather = null;
      transport.write(buffer, buffer.readerIndex(), buffer.readableBytes());
      buffer.release();
    }
  }

  /** Drops the gathered frames. */
  void close() {
    if (gather != null) {
      gather.release();
      gather = null;
    }
  }

  /** Sends the first {@code length} readable bytes of {@code payload}, which stays the caller's. */
  void data(int streamId, ByteBuf payload, int length, boolean endStream) {
    int flags = endStream ? FrameType.END_STREAM : 0;
    int index = payload.readerIndex();
    if (length <= GATHER_MAX_PAYLOAD) {
      begin(length, FrameType.DATA, flags, streamId).writeBytes(payload, index, length);
    } else if (index >= FrameType.HEADER_LENGTH) {
      seal();
      int start = index - FrameType.HEADER_LENGTH;
      payload.setMedium(start, length);
      payload.setByte(start + 3, FrameType.DATA);
      payload.setByte(start + 4, flags);
      payload.setInt(start + 5, streamId);
      transport.write(payload, start, FrameType.HEADER_LENGTH + length);
    } else {
      begin(0, FrameType.DATA, flags, streamId);
      patchLength(length);
      seal();
      transport.write(payload, index, length);
    }
  }

  private void patchLength(int length) {
    ByteBuf buffer = gather;
    if (buffer != null) {
      buffer.setMedium(buffer.writerIndex() - FrameType.HEADER_LENGTH, length);
    }
  }

  void endStream(int streamId) {
    begin(0, FrameType.DATA, FrameType.END_STREAM, streamId);
  }

  /** Sends a header block in as many frames as {@code maxFrameSize} asks for. */
  void headers(int streamId, ByteBuf block, boolean endStream, int maxFrameSize) {
    int type = FrameType.HEADERS;
    int flags = endStream ? FrameType.END_STREAM : 0;
    do {
      int length = Math.min(block.readableBytes(), maxFrameSize);
      boolean last = length == block.readableBytes();
      begin(length, type, flags | (last ? FrameType.END_HEADERS : 0), streamId)
          .writeBytes(block, length);
      type = FrameType.CONTINUATION;
      flags = 0;
    } while (block.isReadable());
  }

  void reset(int streamId, H2Error code) {
    begin(4, FrameType.RST_STREAM, 0, streamId).writeInt(code.code());
  }

  /** Sends the settings in pairs of id and value. */
  void settings(int... pairs) {
    ByteBuf buffer = begin(pairs.length / 2 * 6, FrameType.SETTINGS, 0, 0);
    for (int i = 0; i < pairs.length; i += 2) {
      buffer.writeShort(pairs[i]);
      buffer.writeInt(pairs[i + 1]);
    }
  }

  void settingsAck() {
    begin(0, FrameType.SETTINGS, FrameType.ACK, 0);
  }

  void ping(long payload, boolean ack) {
    begin(8, FrameType.PING, ack ? FrameType.ACK : 0, 0).writeLong(payload);
  }

  void goAway(int lastStreamId, H2Error code, byte[] debug) {
    ByteBuf buffer = begin(8 + debug.length, FrameType.GOAWAY, 0, 0);
    buffer.writeInt(lastStreamId);
    buffer.writeInt(code.code());
    buffer.writeBytes(debug);
  }

  void windowUpdate(int streamId, int increment) {
    begin(4, FrameType.WINDOW_UPDATE, 0, streamId).writeInt(increment);
  }

  /** Sends bytes that are no frame: the client's preface. */
  void raw(byte[] bytes) {
    seal();
    gather = newGather(GATHER_CAPACITY).writeBytes(bytes);
  }
}
