package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;

/**
 * The server side of HBONE for one workload: turns accepted TCP connections into tunnels. May be
 * used from several event loops at once; each tunnel stays on the loop it was served on.
 */
public final class HboneServer {
  private final TunnelTls tls;
  private final TunnelSettings settings;
  private final HboneServerListener listener;
  private final Set<ServerTunnel> tunnels = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  /**
   * A server that proves itself by {@code tls} and tells {@code listener} of tunnels and requests.
   */
  public HboneServer(TunnelTls tls, TunnelSettings settings, HboneServerListener listener) {
    this.tls = tls;
    this.settings = settings;
    this.listener = listener;
  }

  /**
   * Serves an accepted connection and owns {@code socket} from now on. Call it on {@code loop}; its
   * signature fits {@link dev.groundmesh.tunnel.relay.SocketAcceptor}.
   */
  public void serve(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    serve(SocketStream.accepted(loop, socket, remote, local), remote, local);
  }

  /**
   * Serves any byte stream, such as the inner side of double HBONE. The stream is paused and has no
   * listener; it is owned from now on.
   */
  public void serve(ByteStream stream, InetSocketAddress remote, InetSocketAddress local) {
    SSLEngine engine;
    try {
      engine = tls.newEngine(RelayBuffers.ALLOCATOR);
    } catch (IllegalStateException e) {
      stream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "no identity to prove"));
      listener.onHandshakeFailed(remote, local, e);
      return;
    }
    ServerTunnel tunnel = new ServerTunnel(this, stream, engine, remote, local);
    tunnels.add(tunnel);
    tunnel.start();
  }

  TunnelTls tls() {
    return tls;
  }

  TunnelSettings settings() {
    return settings;
  }

  HboneServerListener listener() {
    return listener;
  }

  boolean isDraining() {
    return draining;
  }

  void forget(ServerTunnel tunnel) {
    tunnels.remove(tunnel);
  }

  /**
   * Sends GOAWAY on every tunnel, now and later: streams that run go on, new ones are refused, and
   * a tunnel closes with its last stream. Any thread.
   */
  public void drain() {
    draining = true;
    tunnels.forEach(ServerTunnel::drain);
  }

  /** Cuts every tunnel and its streams, now. Any thread. */
  public void close(StreamFailure cause) {
    draining = true;
    tunnels.forEach(tunnel -> tunnel.close(cause));
  }

  /** Tunnels that stand or are in their handshake. Any thread. */
  public int tunnels() {
    return tunnels.size();
  }
}
