package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.H2Connection;
import dev.groundmesh.tunnel.h2.H2Role;
import dev.groundmesh.tunnel.h2.H2Stream;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ConnectListener;
import dev.groundmesh.tunnel.relay.RelayBuffers;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** One tunnel of ours to a peer; used through a pool, on its event loop alone. */
public final class ClientTunnel {
  private final TunnelTls tls;
  private final TunnelSettings settings;
  private final ClientTunnelListener listener;
  private @Nullable ByteStream lower;
  private @Nullable TlsTransport transport;
  private @Nullable H2Connection connection;
  private @Nullable SpiffeId peer;
  private @Nullable SSLSession session;
  private boolean over;

  private ClientTunnel(TunnelTls tls, TunnelSettings settings, ClientTunnelListener listener) {
    this.tls = tls;
    this.settings = settings;
    this.listener = listener;
  }

  /**
   * Connects and shakes hands. The listener may be told before this returns.
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
    ClientTunnel tunnel = new ClientTunnel(tls, settings, listener);
    SocketStream.connect(loop, socket, destination, connectTimeout, new Connect(tunnel));
    return tunnel;
  }

  /** A tunnel over a stream that stands already; {@code stream} is taken over. */
  public static ClientTunnel over(
      ByteStream stream, TunnelTls tls, TunnelSettings settings, ClientTunnelListener listener) {
    ClientTunnel tunnel = new ClientTunnel(tls, settings, listener);
    tunnel.secure(stream);
    return tunnel;
  }

  private record Connect(ClientTunnel tunnel) implements ConnectListener {
    @Override
    public void onConnected(SocketStream stream) {
      if (tunnel.over) {
        stream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "tunnel closed meanwhile"));
      } else {
        tunnel.secure(stream);
      }
    }

    @Override
    public void onFailed(IOException cause) {
      OpenFailure.Kind kind =
          cause instanceof SocketTimeoutException
              ? OpenFailure.Kind.CONNECT_TIMEOUT
              : OpenFailure.Kind.CONNECT_FAILED;
      tunnel.fail(new OpenFailure(kind, 0, String.valueOf(cause.getMessage()), cause));
    }
  }

  private void secure(ByteStream stream) {
    lower = stream;
    SSLEngine engine;
    try {
      engine = tls.newEngine(RelayBuffers.ALLOCATOR);
    } catch (RuntimeException e) {
      stream.reset(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "no identity to prove"));
      fail(new OpenFailure(OpenFailure.Kind.TLS_FAILED, 0, String.valueOf(e.getMessage()), e));
      return;
    }
    TlsTransport started =
        new TlsTransport(
            stream,
            engine,
            settings.handshakeTimeout(),
            settings.closeTimeout(),
            new Transport(this));
    transport = started;
    started.start();
  }

  private void fail(OpenFailure failure) {
    if (!over) {
      over = true;
      listener.onConnectFailed(this, failure);
    }
  }

  private void onSecured(SSLEngine engine) throws SSLException {
    SSLSession established = engine.getSession();
    session = established;
    peer = tls.peerIdentity(established);
    ByteStream beneath = lower;
    TlsTransport secured = transport;
    if (beneath == null || secured == null) {
      throw new IllegalStateException("secured before connected");
    }
    H2Connection started =
        new H2Connection(
            beneath.eventLoop(),
            RelayBuffers.ALLOCATOR,
            secured,
            settings.h2(),
            settings.h2Timing(),
            new Role(this));
    connection = started;
    started.start();
    listener.onReady(this);
  }

  private record Transport(ClientTunnel tunnel) implements TunnelTransportListener {
    @Override
    public void onSecured(SSLEngine engine) throws SSLException {
      tunnel.onSecured(engine);
    }

    @Override
    public void onHandshakeFailed(Throwable cause) {
      tunnel.fail(
          new OpenFailure(
              OpenFailure.Kind.TLS_FAILED, 0, String.valueOf(cause.getMessage()), cause));
    }

    @Override
    public @Nullable H2Connection connection() {
      return tunnel.connection;
    }
  }

  private record Role(ClientTunnel tunnel) implements H2Role {
    @Override
    public boolean isClient() {
      return true;
    }

    @Override
    public H2Stream newStream(H2Connection connection, int id) {
      throw new IllegalStateException("a server opens no streams");
    }

    @Override
    public void onStreamRefused(ReasonCode reason, String detail) {
      // Servers open no streams.
    }

    @Override
    public void onCapacityChanged() {
      tunnel.listener.onCapacityChanged(tunnel);
    }

    @Override
    public void onClosed(@Nullable StreamFailure failure) {
      tunnel.over = true;
      tunnel.listener.onClosed(tunnel, failure);
    }
  }

  /** Opens a stream; only when {@link #canOpen()}. */
  public PendingConnect open(ConnectRequest request, OpenListener openListener) {
    H2Connection open = connection;
    if (open == null || !open.canOpen()) {
      throw new IllegalStateException("canOpen() comes before open()");
    }
    ClientOpening opening = new ClientOpening(openListener);
    HboneStream stream = new HboneStream(open, open.nextStreamId(), opening);
    Http2Headers headers =
        HboneStream.newHeaders().method("CONNECT").authority(request.authority());
    HboneStream.add(headers, request.headers());
    try {
      open.open(stream, headers);
    } catch (Http2Exception e) {
      openListener.onFailed(
          new OpenFailure(OpenFailure.Kind.LIMIT, 0, "request headers: " + e.getMessage(), e));
      return () -> {};
    }
    return () -> opening.cancel(stream);
  }

  /** Whether the tunnel stands and takes one more stream. */
  public boolean canOpen() {
    return connection != null && connection.canOpen();
  }

  /** Whether it failed or is closed. */
  public boolean isOver() {
    return over;
  }

  /** Streams open or being opened. */
  public int streams() {
    return connection == null ? 0 : connection.streams();
  }

  /** Who the peer proved to be; null before the handshake. */
  public @Nullable SpiffeId peer() {
    return peer;
  }

  /** The TLS session, with the peer's certificates; null before the handshake. */
  public @Nullable SSLSession session() {
    return session;
  }

  /** Takes no more streams; closes with its last one. */
  public void drain() {
    if (connection != null) {
      connection.drain();
    }
  }

  /** Cuts the tunnel and its streams, now. */
  public void close(StreamFailure cause) {
    if (connection != null) {
      connection.close(cause);
      return;
    }
    fail(new OpenFailure(OpenFailure.Kind.CANCELLED, 0, cause.detail(), null));
    if (lower != null) {
      lower.reset(cause);
    }
  }
}
