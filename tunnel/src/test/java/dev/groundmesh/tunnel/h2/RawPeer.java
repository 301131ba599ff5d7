package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The other end of an {@link H2Connection}, at the level of bytes: it writes frames by hand, right
 * or wrong, and reads ours by hand. Time is its own.
 */
final class RawPeer implements AutoCloseable {
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  static final H2Timing TIMING =
      new H2Timing(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(20));

  private static final int MAX_TRACKED = 128 * 1024;

  /** A frame of ours. */
  @SuppressWarnings("ArrayRecordComponent")
  record Frame(int type, int flags, int stream, byte[] payload) {
    int int32(int index) {
      return Unpooled.wrappedBuffer(payload).getInt(index);
    }

    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  /** A stream that remembers what it was told. */
  static final class Recorded extends H2Stream implements ByteStreamListener {
    final List<Http2Headers> headers = new ArrayList<>();
    final StringBuilder data = new StringBuilder();
    Runnable onHeaders = () -> {};
    boolean ended;
    boolean over;
    int writableAgain;
    @Nullable StreamFailure failure;

    Recorded(H2Connection connection, int id) {
      super(connection, id);
    }

    @Override
    protected void onHeaders(Http2Headers received, boolean endStream) {
      headers.add(received);
      onHeaders.run();
    }

    @Override
    protected void onDeadBeforeUse(StreamFailure cause) {
      over = true;
      failure = cause;
    }

    Recorded use() {
      listen(this);
      resume();
      return this;
    }

    @Override
    public void onData(ByteBuf bytes) {
      data.append(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd() {
      ended = true;
    }

    @Override
    public void onWritable() {
      writableAgain++;
    }

    @Override
    public void onClosed(@Nullable StreamFailure cause) {
      if (over) {
        throw new AssertionError("closed twice");
      }
      over = true;
      failure = cause;
    }
  }

  final EmbeddedChannel clock = new EmbeddedChannel();
  final H2Connection connection;
  final List<Recorded> streams = new ArrayList<>();
  final List<ReasonCode> refused = new ArrayList<>();
  final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final ByteBuf written = Unpooled.buffer();
  private final boolean client;
  Runnable onRequest = () -> {};
  boolean transportWritable = true;
  boolean transportEnded;
  boolean closed;
  @Nullable StreamFailure closedBy;
  long unread;
  private boolean pieces;

  private RawPeer(boolean client, H2Settings settings) {
    this.client = client;
    clock.freezeTime();
    connection =
        new H2Connection(
            clock.eventLoop(),
            PooledByteBufAllocator.DEFAULT,
            new Transport(),
            settings,
            TIMING,
            new Role());
    connection.start();
  }

  /** A peer of our server side, whose preface and settings were exchanged. */
  static RawPeer ofServer() {
    return ofServer(H2Settings.SERVER);
  }

  static RawPeer ofServer(H2Settings settings) {
    RawPeer peer = new RawPeer(false, settings);
    peer.raw(Unpooled.wrappedBuffer(PREFACE));
    peer.frame(FrameType.SETTINGS, 0, 0);
    peer.frame(FrameType.SETTINGS, FrameType.ACK, 0);
    peer.frames();
    return peer;
  }

  /** A peer of our server side that has sent nothing yet. */
  static RawPeer silentOfServer() {
    return new RawPeer(false, H2Settings.SERVER);
  }

  /** A peer of our client side, whose settings were exchanged. */
  static RawPeer ofClient() {
    RawPeer peer = new RawPeer(true, H2Settings.CLIENT);
    peer.frame(FrameType.SETTINGS, 0, 0);
    peer.frame(FrameType.SETTINGS, FrameType.ACK, 0);
    peer.run();
    peer.written.skipBytes(PREFACE.length);
    peer.frames();
    return peer;
  }

  /** Sends all that follows byte by byte. */
  RawPeer inPieces() {
    pieces = true;
    return this;
  }

  private final class Transport implements H2Transport {
    @Override
    public void write(ByteBuf buffer, int index, int length) {
      written.writeBytes(buffer, index, length);
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return transportWritable;
    }

    @Override
    public long heldBytes() {
      return unread;
    }

    @Override
    public void end() {
      transportEnded = true;
    }
  }

  private final class Role implements H2Role {
    @Override
    public boolean isClient() {
      return client;
    }

    @Override
    public H2Stream newStream(H2Connection c, int id) {
      Recorded stream = new Recorded(c, id);
      stream.onHeaders = onRequest;
      streams.add(stream);
      return stream;
    }

    @Override
    public void onStreamRefused(ReasonCode reason, String detail) {
      refused.add(reason);
    }

    @Override
    public void onCapacityChanged() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      if (closed) {
        throw new AssertionError("closed twice");
      }
      closed = true;
      closedBy = failure;
    }
  }

  void run() {
    clock.runPendingTasks();
  }

  void advance(Duration time) {
    clock.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
    clock.runScheduledPendingTasks();
    run();
  }

  void raw(ByteBuf bytes) {
    if (pieces) {
      while (bytes.isReadable()) {
        feed(Unpooled.directBuffer(1).writeByte(bytes.readByte()));
      }
    } else if (bytes.readableBytes() > MAX_TRACKED) {
      // To track every access to a flood takes longer than the test is worth.
      feed(bytes.retain());
    } else {
      feed(Unpooled.directBuffer().writeBytes(bytes));
    }
    bytes.release();
  }

  private void feed(ByteBuf bytes) {
    connection.onBytes(bytes);
    bytes.release();
    connection.onReadComplete();
    run();
  }

  /** Frames that come in one read. */
  void together(byte[]... frames) {
    raw(Unpooled.wrappedBuffer(Wire.join(frames)));
  }

  RawPeer frame(int type, int flags, int stream, byte... payload) {
    ByteBuf out = Unpooled.buffer();
    out.writeMedium(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.writeBytes(payload);
    raw(out);
    return this;
  }

  /** A frame whose header claims a length, with no payload behind it. */
  void header(int length, int type, int flags, int stream) {
    ByteBuf out = Unpooled.buffer();
    out.writeMedium(length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    raw(out);
  }

  RawPeer setting(int id, long value) {
    return frame(
        FrameType.SETTINGS,
        0,
        0,
        ByteBufUtil.getBytes(Unpooled.buffer().writeShort(id).writeInt((int) value)));
  }

  static byte[] int32(long... values) {
    ByteBuf out = Unpooled.buffer();
    for (long value : values) {
      out.writeInt((int) value);
    }
    return ByteBufUtil.getBytes(out);
  }

  byte[] block(Http2Headers headers) {
    ByteBuf out = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, headers, out);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    return ByteBufUtil.getBytes(out);
  }

  static Http2Headers connect(String authority) {
    return new DefaultHttp2Headers().method("CONNECT").authority(authority);
  }

  /** Opens a stream of the peer and uses it. */
  Recorded open(int id) {
    frame(FrameType.HEADERS, FrameType.END_HEADERS, id, block(connect("10.0.0.1:80")));
    return streams.getLast().use();
  }

  void data(int stream, String text, boolean end) {
    frame(
        FrameType.DATA,
        end ? FrameType.END_STREAM : 0,
        stream,
        text.getBytes(StandardCharsets.US_ASCII));
  }

  void windowUpdate(int stream, long increment) {
    frame(FrameType.WINDOW_UPDATE, 0, stream, int32(increment));
  }

  /** Our frames since the last call. */
  List<Frame> frames() {
    run();
    List<Frame> frames = new ArrayList<>();
    while (written.isReadable()) {
      int length = written.readUnsignedMedium();
      int type = written.readUnsignedByte();
      int flags = written.readUnsignedByte();
      int stream = written.readInt();
      byte[] payload = new byte[length];
      written.readBytes(payload);
      frames.add(new Frame(type, flags, stream, payload));
    }
    return frames;
  }

  /**
   * Our frames of one type since the last call of this or {@link #frames}; the others are dropped.
   */
  List<Frame> frames(int type) {
    return frames().stream().filter(frame -> frame.type() == type).toList();
  }

  private static H2Error errorOf(int code) {
    return Arrays.stream(H2Error.values()).filter(e -> e.code() == code).findFirst().orElseThrow();
  }

  /** The error code of our GOAWAY, or null when there was none. */
  @Nullable H2Error goAway() {
    List<Frame> frames = frames(FrameType.GOAWAY);
    return frames.isEmpty() ? null : errorOf(frames.getLast().int32(4));
  }

  /** The error code of our only RST_STREAM, or null when there was none. */
  @Nullable H2Error reset() {
    List<Frame> frames = frames(FrameType.RST_STREAM);
    return frames.isEmpty() ? null : errorOf(frames.getLast().int32(0));
  }

  @Override
  public void close() {
    connection.onTransportClosed(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "test over"));
    clock.finishAndReleaseAll();
  }
}
