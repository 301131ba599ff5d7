package dev.groundmesh.tunnel.relay;

import dev.groundmesh.tunnel.relay.StreamFailure.Kind;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Joins two streams of one event loop until both are over: bytes, back-pressure, half-close and
 * reset pass from one to the other.
 */
public final class Relay {
  private final Half downstream;
  private final Half upstream;
  private final RelayListener listener;
  private @Nullable StreamFailure failure;
  private boolean ended;

  /** The two sides of a relay. */
  private enum Side {
    /** The side of whoever opened the connection. */
    DOWNSTREAM,
    /** The side that we opened. */
    UPSTREAM
  }

  private Relay(ByteStream downstream, ByteStream upstream, RelayListener listener) {
    this.downstream = new Half(this, Side.DOWNSTREAM, downstream, upstream);
    this.upstream = new Half(this, Side.UPSTREAM, upstream, downstream);
    this.listener = listener;
  }

  /** Takes over both streams and starts; on their event loop. */
  public static Relay start(ByteStream downstream, ByteStream upstream, RelayListener listener) {
    Relay relay = new Relay(downstream, upstream, listener);
    downstream.listen(relay.downstream);
    upstream.listen(relay.upstream);
    downstream.resume();
    upstream.resume();
    return relay;
  }

  /** One direction: from {@code source} to {@code sink}. */
  private static final class Half implements ByteStreamListener {
    private final Relay relay;
    private final Side side;
    private final ByteStream source;
    private final ByteStream sink;
    private long bytes;
    private boolean closed;

    Half(Relay relay, Side side, ByteStream source, ByteStream sink) {
      this.relay = relay;
      this.side = side;
      this.source = source;
      this.sink = sink;
    }

    @Override
    public void onData(ByteBuf data) {
      bytes += data.readableBytes();
      if (!sink.write(data)) {
        source.pause();
      }
    }

    @Override
    public void onReadComplete() {
      sink.flush();
    }

    @Override
    public void onEnd() {
      sink.end();
    }

    @Override
    public void onWritable() {
      sink.resume();
    }

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      closed = true;
      relay.onClosed(this, failure);
    }
  }

  private void onClosed(Half half, @Nullable StreamFailure cause) {
    if (cause != null) {
      if (failure == null) {
        failure = cause;
      }
      half.sink.reset(
          new StreamFailure(Kind.RESET_BY_OTHER_SIDE, half.side + ": " + cause.detail()));
    }
    if (downstream.closed && upstream.closed && !ended) {
      ended = true;
      listener.onRelayEnd(this, failure);
    }
  }

  /** Bytes taken from downstream so far. Any thread. */
  public long bytesToUpstream() {
    return downstream.bytes;
  }

  /** Bytes taken from upstream so far. Any thread. */
  public long bytesToDownstream() {
    return upstream.bytes;
  }

  /** Resets both streams, now. Any thread. */
  public void cut(StreamFailure cause) {
    if (downstream.source.eventLoop().inEventLoop()) {
      cutOnLoop(cause);
    } else {
      downstream.source.eventLoop().execute(() -> cutOnLoop(cause));
    }
  }

  private void cutOnLoop(StreamFailure cause) {
    if (failure == null) {
      failure = cause;
    }
    downstream.source.reset(cause);
    upstream.source.reset(cause);
  }

  /** Bytes that both streams hold. Any thread. */
  public long heldBytes() {
    return downstream.source.heldBytes() + upstream.source.heldBytes();
  }
}
