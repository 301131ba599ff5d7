package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames from bytes that come in pieces of any size. The payload of DATA is handed on as it
 * comes, in slices of the piece; other frames are handed on whole and are held only when a piece
 * boundary cuts them.
 */
final class FrameReader {
  /** A header block may take so many frames; more serves no purpose but to keep us busy. */
  private static final int MAX_CONTINUATIONS = 64;

  /** Compressed header blocks are no larger than the list they make, plus this. */
  private static final int BLOCK_SLACK = 16_384;

  /** Frames that are not DATA, HEADERS or CONTINUATION need no more, so we hold no more. */
  private static final int MAX_CONTROL_LENGTH = 16_384;

  private static final int MAX_DEBUG_LENGTH = 256;

  private enum State {
    HEADER,
    PAD_LENGTH,
    DATA,
    PADDING,
    WHOLE,
    SKIP
  }

  private final FrameListener listener;
  private final ByteBufAllocator allocator;
  private final int maxFrameSize;
  private final int maxHeaderBlock;

  private State state = State.HEADER;
  private final byte[] header = new byte[FrameType.HEADER_LENGTH];
  private int headerBytes;
  private int type;
  private int flags;
  private int streamId;
  private int length;
  private int left;
  private int padding;
  private boolean dataSeen;
  private boolean settingsSeen;
  private boolean closed;
  private @Nullable ByteBuf partial;

  private int blockStream;
  private boolean blockEndsStream;
  private int continuations;
  private @Nullable ByteBuf block;

  FrameReader(
      FrameListener listener, ByteBufAllocator allocator, int maxFrameSize, int maxHeaderListSize) {
    this.listener = listener;
    this.allocator = allocator;
    this.maxFrameSize = maxFrameSize;
    this.maxHeaderBlock = maxHeaderListSize + BLOCK_SLACK;
  }

  /**
   * Reads all of {@code in}, or up to the frame whose listener closed the reader; the caller keeps
   * its reference.
   *
   * @throws ConnectionFault when the peer broke the framing; nothing may be fed afterwards
   */
  void feed(ByteBuf in) throws ConnectionFault {
    while (in.isReadable() && !closed) {
      switch (state) {
        case HEADER -> readHeader(in);
        case PAD_LENGTH -> readPadLength(in);
        case DATA -> readData(in);
        case PADDING -> readPadding(in);
        case WHOLE -> readWhole(in);
        case SKIP -> skip(in);
      }
    }
  }

  /** Releases what is held and reads no more; may be called by the listener. */
  void close() {
    closed = true;
    if (partial != null) {
      partial.release();
      partial = null;
    }
    if (block != null) {
      block.release();
      block = null;
    }
  }

  private void readHeader(ByteBuf in) throws ConnectionFault {
    if (headerBytes == 0 && in.readableBytes() >= FrameType.HEADER_LENGTH) {
      length = in.readUnsignedMedium();
      type = in.readUnsignedByte();
      flags = in.readUnsignedByte();
      streamId = in.readInt() & Integer.MAX_VALUE;
    } else {
      int count = Math.min(FrameType.HEADER_LENGTH - headerBytes, in.readableBytes());
      in.readBytes(header, headerBytes, count);
      headerBytes += count;
      if (headerBytes < FrameType.HEADER_LENGTH) {
        return;
      }
      headerBytes = 0;
      length = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff);
      type = header[3] & 0xff;
      flags = header[4] & 0xff;
      streamId =
          (header[5] & 0x7f) << 24
              | (header[6] & 0xff) << 16
              | (header[7] & 0xff) << 8
              | (header[8] & 0xff);
    }
    left = length;
    begin();
  }

  private void begin() throws ConnectionFault {
    requireItsTurn();
    switch (type) {
      case FrameType.DATA -> beginData();
      case FrameType.HEADERS -> {
        requireStream("HEADERS");
        whole();
      }
      case FrameType.PRIORITY -> {
        requireStream("PRIORITY");
        listener.onPriority(streamId, length == 5);
        skipRest();
      }
      case FrameType.RST_STREAM -> {
        requireStream("RST_STREAM");
        requireLength("RST_STREAM", 4);
        whole();
      }
      case FrameType.SETTINGS -> beginSettings();
      case FrameType.PUSH_PROMISE ->
          throw new ConnectionFault(H2Error.PROTOCOL_ERROR, "PUSH_PROMISE (expected: none)");
      case FrameType.PING -> {
        requireConnection("PING");
        requireLength("PING", 8);
        whole();
      }
      case FrameType.GOAWAY -> beginGoaway();
      case FrameType.WINDOW_UPDATE -> {
        requireLength("WINDOW_UPDATE", 4);
        whole();
      }
      case FrameType.CONTINUATION -> beginContinuation();
      default -> {
        listener.onUnknown();
        skipRest();
      }
    }
  }

  private void requireItsTurn() throws ConnectionFault {
    if (length > maxFrameSize) {
      throw new ConnectionFault(
          H2Error.FRAME_SIZE_ERROR,
          "frame length: " + length + " (expected: <= " + maxFrameSize + ")");
    }
    if (block != null && (type != FrameType.CONTINUATION || streamId != blockStream)) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR,
          "frame type: " + type + " (expected: CONTINUATION of stream " + blockStream + ")");
    }
    if (!settingsSeen && (type != FrameType.SETTINGS || (flags & FrameType.ACK) != 0)) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR,
          ReasonCode.H2_HANDSHAKE_FAILED,
          "first frame type: " + type + " (expected: SETTINGS)");
    }
  }

  private void beginSettings() throws ConnectionFault {
    requireConnection("SETTINGS");
    settingsSeen = true;
    if ((flags & FrameType.ACK) != 0) {
      requireLength("SETTINGS with ACK", 0);
    } else if (length % 6 != 0 || length > MAX_CONTROL_LENGTH) {
      throw new ConnectionFault(
          H2Error.FRAME_SIZE_ERROR, "SETTINGS length: " + length + " (expected: n * 6)");
    }
    whole();
  }

  private void beginGoaway() throws ConnectionFault {
    requireConnection("GOAWAY");
    if (length < 8 || length > MAX_CONTROL_LENGTH) {
      throw new ConnectionFault(
          H2Error.FRAME_SIZE_ERROR,
          "GOAWAY length: " + length + " (expected: 8 to " + MAX_CONTROL_LENGTH + ")");
    }
    whole();
  }

  private void beginContinuation() throws ConnectionFault {
    if (block == null) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR, "CONTINUATION (expected: after HEADERS without END_HEADERS)");
    }
    continuations++;
    if (continuations > MAX_CONTINUATIONS) {
      throw new ConnectionFault(
          H2Error.ENHANCE_YOUR_CALM,
          ReasonCode.H2_CONTINUATION_FLOOD,
          "flood of CONTINUATION on stream " + streamId);
    }
    whole();
  }

  private void requireStream(String frame) throws ConnectionFault {
    if (streamId == 0) {
      throw new ConnectionFault(H2Error.PROTOCOL_ERROR, frame + " stream: 0 (expected: > 0)");
    }
  }

  private void requireConnection(String frame) throws ConnectionFault {
    if (streamId != 0) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR, frame + " stream: " + streamId + " (expected: 0)");
    }
  }

  private void requireLength(String frame, int expected) throws ConnectionFault {
    if (length != expected) {
      throw new ConnectionFault(
          H2Error.FRAME_SIZE_ERROR, frame + " length: " + length + " (expected: " + expected + ")");
    }
  }

  private void beginData() throws ConnectionFault {
    requireStream("DATA");
    padding = 0;
    dataSeen = false;
    boolean padded = (flags & FrameType.PADDED) != 0;
    if (padded && length == 0) {
      throw new ConnectionFault(
          H2Error.FRAME_SIZE_ERROR, "DATA length: 0 (expected: > 0 with PADDED)");
    }
    listener.onDataBegin(streamId, length);
    if (padded) {
      state = State.PAD_LENGTH;
    } else if (length == 0) {
      endData();
    } else {
      state = State.DATA;
    }
  }

  private void readPadLength(ByteBuf in) throws ConnectionFault {
    padding = in.readUnsignedByte();
    left--;
    if (padding > left) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR, "DATA padding: " + padding + " (expected: <= " + left + ")");
    }
    listener.onDataPadding(1);
    left -= padding;
    nextDataState();
  }

  private void readData(ByteBuf in) throws ConnectionFault {
    int count = Math.min(left, in.readableBytes());
    left -= count;
    dataSeen = true;
    listener.onDataBytes(in.readRetainedSlice(count));
    nextDataState();
  }

  private void readPadding(ByteBuf in) throws ConnectionFault {
    int count = Math.min(padding, in.readableBytes());
    in.skipBytes(count);
    padding -= count;
    listener.onDataPadding(count);
    nextDataState();
  }

  private void nextDataState() throws ConnectionFault {
    if (left > 0) {
      state = State.DATA;
    } else if (padding > 0) {
      state = State.PADDING;
    } else {
      endData();
    }
  }

  private void endData() throws ConnectionFault {
    state = State.HEADER;
    listener.onDataEnd(dataSeen, (flags & FrameType.END_STREAM) != 0);
  }

  private void skipRest() {
    state = left == 0 ? State.HEADER : State.SKIP;
  }

  private void skip(ByteBuf in) {
    int count = Math.min(left, in.readableBytes());
    in.skipBytes(count);
    left -= count;
    if (left == 0) {
      state = State.HEADER;
    }
  }

  private void whole() throws ConnectionFault {
    int held = block == null ? 0 : block.readableBytes();
    if ((type == FrameType.HEADERS || type == FrameType.CONTINUATION)
        && held + length > maxHeaderBlock) {
      throw new ConnectionFault(
          H2Error.ENHANCE_YOUR_CALM,
          ReasonCode.H2_HEADERS_TOO_LARGE,
          "header block: "
              + (held + length)
              + " bytes on stream "
              + streamId
              + " (expected: <= "
              + maxHeaderBlock
              + ")");
    }
    if (length == 0) {
      onWhole(io.netty.buffer.Unpooled.EMPTY_BUFFER);
    } else {
      state = State.WHOLE;
    }
  }

  private void readWhole(ByteBuf in) throws ConnectionFault {
    ByteBuf held = partial;
    if (held == null) {
      if (in.readableBytes() >= length) {
        onWhole(isFixed() ? in : in.readSlice(length));
        return;
      }
      held = allocator.directBuffer(length, length);
      partial = held;
    }
    int count = Math.min(left, in.readableBytes());
    held.writeBytes(in, count);
    left -= count;
    if (left == 0) {
      partial = null;
      try {
        onWhole(held);
      } finally {
        held.release();
      }
    }
  }

  /** Whether the frame's length is known by its type, so that reading it needs no bounds. */
  private boolean isFixed() {
    return type == FrameType.WINDOW_UPDATE
        || type == FrameType.PING
        || type == FrameType.RST_STREAM;
  }

  private void onWhole(ByteBuf payload) throws ConnectionFault {
    state = State.HEADER;
    switch (type) {
      case FrameType.HEADERS -> onHeadersFrame(payload);
      case FrameType.CONTINUATION -> onContinuation(payload);
      case FrameType.RST_STREAM -> listener.onReset(streamId, payload.readUnsignedInt());
      case FrameType.SETTINGS -> onSettings(payload);
      case FrameType.PING -> listener.onPing(payload.readLong(), (flags & FrameType.ACK) != 0);
      case FrameType.GOAWAY -> {
        int last = payload.readInt() & Integer.MAX_VALUE;
        long code = payload.readUnsignedInt();
        String debug = printable(payload);
        listener.onGoAway(last, code, debug);
      }
      case FrameType.WINDOW_UPDATE ->
          listener.onWindowUpdate(streamId, payload.readInt() & Integer.MAX_VALUE);
      default -> throw new IllegalStateException("type: " + type);
    }
  }

  /** The start of a text of the peer's, fit for a log line. */
  private static String printable(ByteBuf text) {
    int length = Math.min(text.readableBytes(), MAX_DEBUG_LENGTH);
    StringBuilder printable = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = (char) text.getUnsignedByte(text.readerIndex() + i);
      printable.append(c < 0x20 || c > 0x7e ? '?' : c);
    }
    return printable.toString();
  }

  private void onSettings(ByteBuf payload) throws ConnectionFault {
    if ((flags & FrameType.ACK) != 0) {
      listener.onSettingsAck();
      return;
    }
    while (payload.isReadable()) {
      listener.onSetting(payload.readUnsignedShort(), payload.readUnsignedInt());
    }
    listener.onSettingsEnd();
  }

  private void onHeadersFrame(ByteBuf payload) throws ConnectionFault {
    int pad = 0;
    if ((flags & FrameType.PADDED) != 0) {
      if (!payload.isReadable()) {
        throw new ConnectionFault(
            H2Error.FRAME_SIZE_ERROR, "HEADERS length: 0 (expected: > 0 with PADDED)");
      }
      pad = payload.readUnsignedByte();
    }
    if ((flags & FrameType.PRIORITY_FLAG) != 0) {
      if (payload.readableBytes() < 5) {
        throw new ConnectionFault(
            H2Error.FRAME_SIZE_ERROR,
            "HEADERS length: " + length + " (expected: >= 5 with PRIORITY)");
      }
      payload.skipBytes(5);
    }
    if (pad > payload.readableBytes()) {
      throw new ConnectionFault(
          H2Error.PROTOCOL_ERROR,
          "HEADERS padding: " + pad + " (expected: <= " + payload.readableBytes() + ")");
    }
    ByteBuf fragment = payload.readSlice(payload.readableBytes() - pad);
    boolean endStream = (flags & FrameType.END_STREAM) != 0;
    if ((flags & FrameType.END_HEADERS) != 0) {
      listener.onHeaders(streamId, fragment, endStream);
      return;
    }
    int capacity = Math.min(fragment.readableBytes() + 256, maxHeaderBlock);
    ByteBuf started = allocator.directBuffer(capacity, maxHeaderBlock);
    started.writeBytes(fragment);
    block = started;
    blockStream = streamId;
    blockEndsStream = endStream;
    continuations = 0;
  }

  private void onContinuation(ByteBuf payload) throws ConnectionFault {
    ByteBuf collected = block;
    if (collected == null) {
      throw new IllegalStateException("begin() let a CONTINUATION pass without HEADERS");
    }
    collected.writeBytes(payload);
    if ((flags & FrameType.END_HEADERS) != 0) {
      block = null;
      try {
        listener.onHeaders(blockStream, collected, blockEndsStream);
      } finally {
        collected.release();
      }
    }
  }
}
