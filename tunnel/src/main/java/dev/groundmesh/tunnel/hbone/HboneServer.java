package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;

/**
 * The server side of HBONE for one workload: turns accepted TCP connections into tunnels. May be
 * used from several event loops at once; each tunnel stays on the loop it was served on.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class HboneServer {
  /**
   * A server that proves itself by {@code tls} and tells {@code listener} of tunnels and requests.
   */
  public HboneServer(TunnelTls tls, TunnelSettings settings, HboneServerListener listener) {
    throw new UnsupportedOperationException();
  }

  /**
   * Serves an accepted connection and owns {@code socket} from now on. Call it on {@code loop}; its
   * signature fits {@link dev.groundmesh.tunnel.relay.SocketAcceptor}.
   */
  public void serve(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    throw new UnsupportedOperationException();
  }

  /**
   * Sends GOAWAY on every tunnel, now and later: streams that run go on, new ones are refused, and
   * a tunnel closes with its last stream. Any thread.
   */
  public void drain() {
    throw new UnsupportedOperationException();
  }

  /** Cuts every tunnel and its streams, now. Any thread. */
  public void close(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }

  /** Tunnels that stand or are in their handshake. Any thread. */
  public int tunnels() {
    throw new UnsupportedOperationException();
  }
}
