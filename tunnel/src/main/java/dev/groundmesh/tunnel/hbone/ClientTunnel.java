package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.time.Duration;

/** One tunnel of ours to a peer; used through a pool, on its event loop alone. */
@SuppressWarnings("DoNotCallSuggester")
public final class ClientTunnel {
  ClientTunnel() {}

  /**
   * Connects and shakes hands.
   *
   * @param socket a fresh socket, not connected; owned by the tunnel from now on
   */
  public static ClientTunnel connect(
      IoEventLoop loop,
      Socket socket,
      InetSocketAddress destination,
      Duration connectTimeout,
      TunnelTls tls,
      TunnelSettings settings,
      ClientTunnelListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Opens a stream; only when {@link #canOpen()}. */
  public PendingConnect open(ConnectRequest request, OpenListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Whether the tunnel stands and takes one more stream. */
  public boolean canOpen() {
    throw new UnsupportedOperationException();
  }

  /** Streams open or being opened. */
  public int streams() {
    throw new UnsupportedOperationException();
  }

  /** Takes no more streams; closes with its last one. */
  public void drain() {
    throw new UnsupportedOperationException();
  }

  /** Cuts the tunnel and its streams, now. */
  public void close(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }
}
