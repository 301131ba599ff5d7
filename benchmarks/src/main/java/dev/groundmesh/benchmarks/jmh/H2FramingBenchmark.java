package dev.groundmesh.benchmarks.jmh;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.H2Connection;
import dev.groundmesh.tunnel.h2.H2Role;
import dev.groundmesh.tunnel.h2.H2Settings;
import dev.groundmesh.tunnel.h2.H2Stream;
import dev.groundmesh.tunnel.h2.H2Timing;
import dev.groundmesh.tunnel.h2.H2Transport;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one DATA frame costs, from decrypted bytes to a stream and from a stream to TLS. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class H2FramingBenchmark {
  private static final int HEAD_ROOM = 9;
  private static final int STREAM = 1;

  /** Payload of a frame, bytes. */
  @Param({"128", "16384", "262144"})
  public int payload;

  private final EmbeddedChannel clock = new EmbeddedChannel();
  private H2Connection connection = newConnection();
  private @Nullable Sink stream;
  private ByteBuf frame = Unpooled.EMPTY_BUFFER;
  private ByteBuf window = Unpooled.EMPTY_BUFFER;

  private H2Connection newConnection() {
    return new H2Connection(
        clock.eventLoop(),
        RelayBuffers.ALLOCATOR,
        new Null(),
        H2Settings.SERVER,
        new H2Timing(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)),
        new Role());
  }

  /** Opens the one stream and prepares the frame. */
  @Setup
  public void open() throws Http2Exception {
    connection.start();
    ByteBuf in = RelayBuffers.ALLOCATOR.directBuffer();
    in.writeCharSequence("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII);
    header(in, 0, 4, 0, 0);
    header(in, 0, 4, 1, 0);
    ByteBuf block = RelayBuffers.ALLOCATOR.directBuffer();
    new DefaultHttp2HeadersEncoder()
        .encodeHeaders(
            STREAM, new DefaultHttp2Headers().method("CONNECT").authority("10.0.0.1:80"), block);
    header(in, block.readableBytes(), 1, 4, STREAM);
    in.writeBytes(block);
    connection.onBytes(in);
    frame = RelayBuffers.ALLOCATOR.directBuffer(payload + HEAD_ROOM);
    header(frame, payload, 0, 0, STREAM);
    frame.writeZero(payload);
    window = RelayBuffers.ALLOCATOR.directBuffer();
    for (int id = 0; id <= STREAM; id++) {
      header(window, 4, 8, 0, id);
      window.writeInt(payload);
    }
  }

  private static void header(ByteBuf out, int length, int type, int flags, int stream) {
    out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
  }

  /** A frame of the peer: read, handed to the stream, window given back when due. */
  @Benchmark
  public void read() {
    frame.readerIndex(0);
    connection.onBytes(frame);
    connection.onReadComplete();
    clock.runPendingTasks();
  }

  /** Bytes of a relay: framed into their head room or gathered, and the peer's window update. */
  @Benchmark
  public void write() {
    ByteBuf data = RelayBuffers.ALLOCATOR.directBuffer(payload + HEAD_ROOM);
    data.setIndex(HEAD_ROOM, HEAD_ROOM + payload);
    Sink to = stream;
    if (to == null) {
      throw new IllegalStateException("the stream was not opened");
    }
    to.write(data);
    to.flush();
    clock.runPendingTasks();
    window.readerIndex(0);
    connection.onBytes(window);
  }

  private final class Role implements H2Role {
    @Override
    public boolean isClient() {
      return false;
    }

    @Override
    public H2Stream newStream(H2Connection opened, int id) {
      Sink sink = new Sink(opened, id);
      stream = sink;
      return sink;
    }

    @Override
    public void onStreamRefused(ReasonCode reason, String detail) {}

    @Override
    public void onCapacityChanged() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      throw new IllegalStateException("connection closed: " + failure);
    }
  }

  /** A stream that takes all and keeps nothing. */
  private static final class Sink extends H2Stream implements ByteStreamListener {
    Sink(H2Connection connection, int id) {
      super(connection, id);
    }

    @Override
    protected void onHeaders(Http2Headers headers, boolean endStream) {
      listen(this);
      resume();
    }

    @Override
    protected void onDeadBeforeUse(StreamFailure cause) {}

    @Override
    public void onData(ByteBuf data) {
      data.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd() {}

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(@Nullable StreamFailure failure) {}
  }

  /** A transport that costs nothing. */
  private static final class Null implements H2Transport {
    @Override
    public void write(ByteBuf buffer, int index, int length) {}

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public void end() {}
  }
}
