package dev.groundmesh.tunnel.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A TCP socket as a {@link ByteStream}, driven directly on the event loop's epoll. Half-close and
 * reset are exact; the closing of the descriptor is the stream's business.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class SocketStream implements ByteStream {
  SocketStream() {}

  /** Takes over an accepted connection, on {@code loop}. TCP_NODELAY is set here. */
  public static SocketStream accepted(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    throw new UnsupportedOperationException();
  }

  /**
   * Connects a fresh socket, on {@code loop}; the listener may be told before this returns.
   * TCP_NODELAY is set here, other options are the caller's.
   */
  public static void connect(
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress remote,
      Duration timeout,
      ConnectListener listener) {
    throw new UnsupportedOperationException();
  }

  /** The peer's address. Any thread. */
  public InetSocketAddress remoteAddress() {
    throw new UnsupportedOperationException();
  }

  /** Our address: asked of the kernel when it is not known yet. Event loop only. */
  public InetSocketAddress localAddress() {
    throw new UnsupportedOperationException();
  }

  @Override
  public EventLoop eventLoop() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void listen(ByteStreamListener listener) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void resume() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void pause() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean write(ByteBuf data) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void flush() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isWritable() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void end() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void reset(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long heldBytes() {
    throw new UnsupportedOperationException();
  }
}
