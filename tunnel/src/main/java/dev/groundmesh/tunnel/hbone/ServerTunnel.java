package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.H2Connection;
import dev.groundmesh.tunnel.h2.H2Role;
import dev.groundmesh.tunnel.h2.H2Stream;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** One authenticated tunnel of an {@link HboneServer}. */
public final class ServerTunnel {
  private final HboneServer server;
  private final EventLoop loop;
  private final InetSocketAddress remote;
  private final InetSocketAddress local;
  private final ByteStream lower;
  private final TlsTransport transport;
  private @Nullable H2Connection connection;
  private @Nullable SpiffeId peer;
  private @Nullable SSLSession session;

  ServerTunnel(
      HboneServer server,
      ByteStream lower,
      SSLEngine engine,
      InetSocketAddress remote,
      InetSocketAddress local) {
    this.server = server;
    this.loop = lower.eventLoop();
    this.lower = lower;
    this.remote = remote;
    this.local = local;
    this.transport =
        new TlsTransport(
            lower,
            engine,
            server.settings().handshakeTimeout(),
            server.settings().closeTimeout(),
            new Transport(this));
  }

  void start() {
    transport.start();
  }

  /** Who the peer proved to be. Any thread. */
  public SpiffeId peer() {
    return known(peer);
  }

  /** The peer's address. Any thread. */
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /** The address that the peer dialled. Any thread. */
  public InetSocketAddress localAddress() {
    return local;
  }

  /** The TLS session, with the peer's certificates. Any thread. */
  public SSLSession session() {
    return known(session);
  }

  /** The event loop that owns the tunnel. Any thread. */
  public EventLoop eventLoop() {
    return loop;
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("a tunnel is told of after its handshake");
    }
    return value;
  }

  /** Sends GOAWAY; the tunnel closes with its last stream. Any thread. */
  public void drain() {
    if (loop.inEventLoop()) {
      drainOnLoop();
    } else {
      loop.execute(this::drainOnLoop);
    }
  }

  private void drainOnLoop() {
    if (connection != null) {
      connection.drain();
    }
  }

  /** Cuts the tunnel and its streams, now. Any thread. */
  public void close(StreamFailure cause) {
    if (loop.inEventLoop()) {
      closeOnLoop(cause);
    } else {
      loop.execute(() -> closeOnLoop(cause));
    }
  }

  private void closeOnLoop(StreamFailure cause) {
    if (connection != null) {
      connection.close(cause);
    } else {
      lower.reset(cause);
    }
  }

  void onConnect(IncomingConnect connect) {
    server.listener().onConnect(this, connect);
  }

  void onRefused(ReasonCode reason, String detail) {
    server.listener().onRefused(this, reason, detail);
  }

  private void onSecured(SSLEngine engine) throws SSLException {
    SSLSession established = engine.getSession();
    session = established;
    peer = server.tls().peerIdentity(established);
    TunnelSettings settings = server.settings();
    H2Connection started =
        new H2Connection(
            loop,
            RelayBuffers.ALLOCATOR,
            transport,
            settings.h2(),
            settings.h2Timing(),
            new Role(this));
    connection = started;
    started.start();
    server.listener().onTunnel(this);
    if (server.isDraining()) {
      started.drain();
    }
  }

  private record Transport(ServerTunnel tunnel) implements TunnelTransportListener {
    @Override
    public void onSecured(SSLEngine engine) throws SSLException {
      tunnel.onSecured(engine);
    }

    @Override
    public void onHandshakeFailed(Throwable cause) {
      tunnel.server.forget(tunnel);
      tunnel.server.listener().onHandshakeFailed(tunnel.remote, tunnel.local, cause);
    }

    @Override
    public @Nullable H2Connection connection() {
      return tunnel.connection;
    }
  }

  private record Role(ServerTunnel tunnel) implements H2Role {
    @Override
    public boolean isClient() {
      return false;
    }

    @Override
    public H2Stream newStream(H2Connection connection, int id) {
      return new HboneStream(connection, id, new ServerOpening(tunnel));
    }

    @Override
    public void onStreamRefused(ReasonCode reason, String detail) {
      tunnel.onRefused(reason, detail);
    }

    @Override
    public void onCapacityChanged() {
      // The peer opens the streams; it knows its limits.
    }

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      tunnel.server.forget(tunnel);
      tunnel.server.listener().onTunnelClosed(tunnel, failure);
    }
  }

  @Override
  public String toString() {
    return "ServerTunnel{" + remote + " -> " + local + "}";
  }
}
