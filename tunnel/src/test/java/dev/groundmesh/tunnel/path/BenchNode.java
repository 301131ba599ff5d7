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
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One node as a process of its own, to measure the data path alone, by hand: no policy, no
 * redirection.
 *
 * <pre>
 *   client CA_FILE LOOPS ENTRY_HOST:PORT SERVER_HOST:PORT APP_HOST:PORT
 *   server CA_FILE LOOPS LISTEN_HOST:PORT
 *   relay  -       LOOPS ENTRY_HOST:PORT APP_HOST:PORT
 * </pre>
 */
public final class BenchNode {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private BenchNode() {}

  public static void main(String[] args) throws Exception {
    int loopCount = Integer.parseInt(args[2]);
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(loopCount, EpollIoHandler.newFactory());
    List<IoEventLoop> loops = new ArrayList<>();
    for (int i = 0; i < loopCount; i++) {
      loops.add(group.next());
    }
    switch (args[0]) {
      case "client" -> client(args, loops);
      case "server" -> server(args, loops);
      case "relay" -> relay(args, loops);
      default -> throw new IllegalArgumentException(args[0] + " (expected: client, server, relay)");
    }
    if (Boolean.getBoolean("stalls")) {
      loops.forEach(loop -> loop.execute(new StallWatch(loop)));
    }
    System.out.println("ready");
  }

  /** Prints when an event loop did not come round for long. */
  private static final class StallWatch implements Runnable {
    private static final long PERIOD_NANOS = 1_000_000;
    private static final long STALL_NANOS = 8_000_000;

    private final IoEventLoop loop;
    private long last = System.nanoTime();

    StallWatch(IoEventLoop loop) {
      this.loop = loop;
    }

    @Override
    public void run() {
      long now = System.nanoTime();
      if (now - last - PERIOD_NANOS > STALL_NANOS) {
        System.out.printf("%.3f stalled %.1f ms%n", now * 1e-9, (now - last - PERIOD_NANOS) * 1e-6);
      }
      last = now;
      var _ = loop.schedule(this, PERIOD_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  private static Socket listening(InetSocketAddress address) throws IOException {
    Socket socket = LinuxSocket.newSocketStream(false);
    socket.setReuseAddress(true);
    socket.bind(address);
    socket.listen(4096);
    return socket;
  }

  private static void server(String[] args, List<IoEventLoop> loops) throws Exception {
    TlsIdentity identity = TestMesh.stored(Path.of(args[1])).identity("server");
    HboneServer server =
        new HboneServer(
            identity.server(),
            TunnelSettings.SERVER,
            new HboneServerListener() {
              @Override
              public void onTunnel(ServerTunnel tunnel) {}

              @Override
              public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
                SocketStream.connect(
                    (IoEventLoop) tunnel.eventLoop(),
                    LinuxSocket.newSocketStream(false),
                    address(connect.request().authority()),
                    CONNECT_TIMEOUT,
                    new ConnectListener() {
                      @Override
                      public void onConnected(SocketStream stream) {
                        Relay.start(connect.accept(List.of()), stream, (r, f) -> {});
                      }

                      @Override
                      public void onFailed(IOException cause) {
                        connect.refuse(503);
                      }
                    });
              }

              @Override
              public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {}

              @Override
              public void onHandshakeFailed(
                  InetSocketAddress remote, InetSocketAddress local, Throwable cause) {
                System.err.println("handshake: " + cause);
              }
            });
    SocketListener.open(loops.getFirst(), loops, listening(address(args[3])), server::serve);
  }

  private static void client(String[] args, List<IoEventLoop> loops) throws Exception {
    TlsIdentity identity = TestMesh.stored(Path.of(args[1])).identity("client");
    TunnelTls tls = identity.client(Set.of(TestMesh.id("server")));
    InetSocketAddress server = address(args[4]);
    ConnectRequest request = new ConnectRequest(args[5], List.of());
    TunnelTransport transport = new PlainTransport(tls);
    TunnelKey key =
        new TunnelKey(transport, TestMesh.id("client"), Set.of(TestMesh.id("server")), server);
    TunnelPoolLimits limits =
        new TunnelPoolLimits(
            100,
            128,
            8,
            Integer.getInteger("spread", 2),
            Duration.ofMinutes(5),
            Duration.ofSeconds(10));
    Map<IoEventLoop, TunnelPool> pools = new HashMap<>();
    TunnelBudget budget = new TunnelBudget(1000);
    loops.forEach(
        loop -> pools.put(loop, new TunnelPool(loop, TunnelSettings.CLIENT, limits, budget)));
    SocketListener.open(
        loops.getFirst(),
        loops,
        listening(address(args[3])),
        (loop, socket, remote, local) -> {
          SocketStream downstream = SocketStream.accepted(loop, socket, remote, local);
          TunnelPool pool = pools.get(loop);
          if (pool == null) {
            throw new IllegalStateException("a loop without a pool");
          }
          pool.open(
              key,
              request,
              new OpenListener() {
                @Override
                public void onOpened(HboneStream stream, ConnectResponse response) {
                  Relay.start(downstream, stream, (r, f) -> {});
                }

                @Override
                public void onFailed(OpenFailure failure) {
                  System.err.println(failure);
                  downstream.reset(
                      new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "open"));
                }
              });
        });
  }

  private static void relay(String[] args, List<IoEventLoop> loops) throws Exception {
    InetSocketAddress app = address(args[4]);
    SocketListener.open(
        loops.getFirst(),
        loops,
        listening(address(args[3])),
        (loop, socket, remote, local) -> {
          SocketStream downstream = SocketStream.accepted(loop, socket, remote, local);
          SocketStream.connect(
              loop,
              LinuxSocket.newSocketStream(false),
              app,
              CONNECT_TIMEOUT,
              new ConnectListener() {
                @Override
                public void onConnected(SocketStream stream) {
                  Relay.start(downstream, stream, (r, f) -> {});
                }

                @Override
                public void onFailed(IOException cause) {
                  downstream.reset(
                      new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "connect"));
                }
              });
        });
  }
}
