package dev.groundmesh.tunnel.h2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.ByteBuffer;

/** Frames as bytes, good and bad ones. */
public final class Wire {

  private Wire() {}

  public static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put(header(payload.length, type, flags, stream))
        .put(payload)
        .array();
  }

  /** The header alone, whatever follows. */
  public static byte[] header(int length, int type, int flags, int stream) {
    return ByteBuffer.allocate(9)
        .put((byte) (length >> 16))
        .putShort((short) length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .array();
  }

  public static byte[] join(byte[]... parts) {
    ByteBuf all = Unpooled.buffer();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return ByteBufUtil.getBytes(all);
  }

  /** The same bytes many times. */
  public static byte[] times(int count, byte[] bytes) {
    ByteBuffer all = ByteBuffer.allocate(count * bytes.length);
    for (int i = 0; i < count; i++) {
      all.put(bytes);
    }
    return all.array();
  }

  /** Settings in pairs of id and value. */
  public static byte[] settings(long... pairs) {
    ByteBuffer payload = ByteBuffer.allocate(pairs.length / 2 * 6);
    for (int i = 0; i < pairs.length; i += 2) {
      payload.putShort((short) pairs[i]).putInt((int) pairs[i + 1]);
    }
    return frame(FrameType.SETTINGS, 0, 0, payload.array());
  }

  public static byte[] preface() {
    return RawPeer.PREFACE.clone();
  }

  public static byte[] settingsAck() {
    return frame(FrameType.SETTINGS, FrameType.ACK, 0);
  }

  public static byte[] ping(long payload, boolean ack) {
    return frame(
        FrameType.PING,
        ack ? FrameType.ACK : 0,
        0,
        ByteBuffer.allocate(8).putLong(payload).array());
  }

  public static byte[] windowUpdate(int stream, int increment) {
    return frame(FrameType.WINDOW_UPDATE, 0, stream, number(increment));
  }

  static byte[] reset(int stream, H2Error code) {
    return frame(FrameType.RST_STREAM, 0, stream, number(code.code()));
  }

  static byte[] goAway(int last, H2Error code) {
    return frame(
        FrameType.GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(last).putInt(code.code()).array());
  }

  public static byte[] data(int stream, int bytes, boolean end) {
    return frame(FrameType.DATA, end ? FrameType.END_STREAM : 0, stream, new byte[bytes]);
  }

  public static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** A CONNECT request in one frame. */
  public static byte[] connect(int stream) {
    return frame(FrameType.HEADERS, FrameType.END_HEADERS, stream, connectBlock());
  }

  /** A request in one frame, of a sender that has sent none before. */
  public static byte[] request(int stream, Http2Headers headers) {
    return frame(FrameType.HEADERS, FrameType.END_HEADERS, stream, block(headers));
  }

  public static byte[] connectBlock() {
    return block(new DefaultHttp2Headers().method("CONNECT").authority("10.0.0.1:80"));
  }

  /** The header block of a sender that has sent none before. */
  public static byte[] block(Http2Headers headers) {
    ByteBuf out = Unpooled.buffer();
    try {
      new DefaultHttp2HeadersEncoder().encodeHeaders(1, headers, out);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    return ByteBufUtil.getBytes(out);
  }
}
