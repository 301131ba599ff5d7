package dev.groundmesh.tunnel.path;

import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.ConnectResponse;
import dev.groundmesh.tunnel.hbone.HboneServer;
import dev.groundmesh.tunnel.hbone.HboneServerListener;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.pool.TunnelBudget;
import dev.groundmesh.tunnel.pool.TunnelKey;
import dev.groundmesh.tunnel.pool.TunnelPool;
import dev.groundmesh.tunnel.pool.TunnelPoolLimits;
import dev.groundmesh.tunnel.pool.TunnelTransport;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ConnectListener;
import dev.groundmesh.tunnel.relay.Relay;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.SocketStream;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A whole path on loopback: an entry port, a client node, a server node and an application port.
 * What is dialled at the entry arrives at the application.
 */
public final class TestPath implements AutoCloseable {
  /** What lies between the two ends. */
  public enum Kind {
    SOCKETS,
    HBONE,
    DOUBLE_HBONE
  }

  public static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final TestMesh MESH = new TestMesh();
  private static final TlsIdentity CLIENT = MESH.identity("client");
  private static final TlsIdentity GATEWAY = MESH.identity("gateway");
  private static final TlsIdentity SERVER = MESH.identity("server");
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private final Kind kind;
  private final InetSocketAddress app;
  private final MultiThreadIoEventLoopGroup group;
  private final IoEventLoop clientLoop;
  private final IoEventLoop serverLoop;
  private final HboneServer outerServer;
  private final HboneServer innerServer;
  private final TunnelPool pool;
  private final InetSocketAddress entry;
  private final InetSocketAddress hbone;
  private final TunnelTls outerTls;
  private final TunnelTls innerTls;
  private final SocketListener entryListener;
  private final SocketListener hboneListener;

  /** Relays of the client node and of the server node that ended, in order. */
  public final Queue<Optional<StreamFailure>> clientEnds = new ConcurrentLinkedQueue<>();

  public final Queue<Optional<StreamFailure>> serverEnds = new ConcurrentLinkedQueue<>();
  public final Queue<OpenFailure> openFailures = new ConcurrentLinkedQueue<>();
  public final Queue<Relay> serverRelays = new ConcurrentLinkedQueue<>();
  public final Queue<ServerTunnel> tunnels = new ConcurrentLinkedQueue<>();

  public TestPath(Kind kind, InetSocketAddress app) {
    this(kind, app, TunnelPoolLimits.DEFAULT);
  }

  public TestPath(Kind kind, InetSocketAddress app, TunnelPoolLimits limits) {
    this.kind = kind;
    this.app = app;
    this.group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
    this.clientLoop = group.next();
    this.serverLoop = group.next();
    this.outerServer = new HboneServer(GATEWAY.server(), TunnelSettings.SERVER, new Server(true));
    this.innerServer = new HboneServer(SERVER.server(), TunnelSettings.SERVER, new Server(false));
    this.pool =
        new TunnelPool(
            clientLoop, TunnelSettings.CLIENT, limits, new TunnelBudget(limits.maxTunnelsPerKey()));
    this.outerTls = CLIENT.client(Set.of(TestMesh.id("gateway")));
    this.innerTls = CLIENT.client(Set.of(TestMesh.id("server")));
    Socket hboneSocket = listening();
    this.hbone = hboneSocket.localAddress();
    this.hboneListener =
        SocketListener.open(serverLoop, List.of(serverLoop), hboneSocket, outerServer::serve);
    Socket entrySocket = listening();
    this.entry = entrySocket.localAddress();
    this.entryListener =
        SocketListener.open(clientLoop, List.of(clientLoop), entrySocket, this::onEntry);
  }

  public static Socket listening() {
    try {
      Socket socket = LinuxSocket.newSocketStream(false);
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(LOOPBACK, 0));
      socket.listen(128);
      return socket;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public InetSocketAddress entry() {
    return entry;
  }

  public HboneServer server() {
    return outerServer;
  }

  public IoEventLoop clientLoop() {
    return clientLoop;
  }

  public IoEventLoop serverLoop() {
    return serverLoop;
  }

  public TunnelPool pool() {
    return pool;
  }

  private void onEntry(
      IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local) {
    SocketStream downstream = SocketStream.accepted(loop, socket, remote, local);
    switch (kind) {
      case SOCKETS -> connectToApp(loop, new ToApp(downstream));
      case HBONE, DOUBLE_HBONE -> openTunnel(downstream);
    }
  }

  private void openTunnel(SocketStream downstream) {
    TunnelTransport transport = new PlainTransport(outerTls);
    TunnelKey key =
        new TunnelKey(transport, TestMesh.id("client"), Set.of(TestMesh.id("gateway")), hbone);
    ConnectRequest request =
        new ConnectRequest(app.getAddress().getHostAddress() + ":" + app.getPort(), List.of());
    OpenListener established =
        new OpenListener() {
          @Override
          public void onOpened(HboneStream stream, ConnectResponse response) {
            Relay.start(
                downstream, stream, (r, failure) -> clientEnds.add(Optional.ofNullable(failure)));
          }

          @Override
          public void onFailed(OpenFailure failure) {
            openFailures.add(failure);
            downstream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "open"));
          }
        };
    OpenListener outer =
        kind == Kind.HBONE
            ? established
            : new OpenListener() {
              @Override
              public void onOpened(HboneStream stream, ConnectResponse response) {
                pool.openInner(stream, innerTls, request, established);
              }

              @Override
              public void onFailed(OpenFailure failure) {
                established.onFailed(failure);
              }
            };
    pool.open(key, request, outer);
  }

  private void connectToApp(IoEventLoop loop, ConnectListener listener) {
    SocketStream.connect(loop, LinuxSocket.newSocketStream(false), app, CONNECT_TIMEOUT, listener);
  }

  private final class ToApp implements ConnectListener {
    private final ByteStream downstream;

    ToApp(ByteStream downstream) {
      this.downstream = downstream;
    }

    @Override
    public void onConnected(SocketStream stream) {
      serverRelays.add(
          Relay.start(
              downstream, stream, (r, failure) -> serverEnds.add(Optional.ofNullable(failure))));
    }

    @Override
    public void onFailed(IOException cause) {
      downstream.reset(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, cause.toString()));
    }
  }

  private final class Server implements HboneServerListener {
    private final boolean outer;

    Server(boolean outer) {
      this.outer = outer;
    }

    @Override
    public void onTunnel(ServerTunnel tunnel) {
      tunnels.add(tunnel);
    }

    @Override
    public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
      if (outer && kind == Kind.DOUBLE_HBONE) {
        innerServer.serve(connect.accept(List.of()), tunnel.remoteAddress(), tunnel.localAddress());
        return;
      }
      connectToApp(
          serverLoop,
          new ConnectListener() {
            @Override
            public void onConnected(SocketStream stream) {
              new ToApp(connect.accept(List.of())).onConnected(stream);
            }

            @Override
            public void onFailed(IOException cause) {
              connect.refuse(503);
            }
          });
    }

    @Override
    public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {
      tunnels.remove(tunnel);
    }

    @Override
    public void onHandshakeFailed(
        InetSocketAddress remote, InetSocketAddress local, Throwable cause) {
      openFailures.add(
          new OpenFailure(OpenFailure.Kind.TLS_FAILED, 0, String.valueOf(cause), cause));
    }
  }

  @Override
  public void close() {
    entryListener.close();
    hboneListener.close();
    StreamFailure end = new StreamFailure(StreamFailure.Kind.SHUTDOWN, "test over");
    clientLoop.execute(() -> pool.closeAll(end));
    outerServer.close(end);
    // Without a quiet time a loop may end between a task and the closing of its sockets.
    group
        .shutdownGracefully(20, 2000, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
