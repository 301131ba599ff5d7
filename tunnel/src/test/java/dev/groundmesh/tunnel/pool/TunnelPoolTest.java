package dev.groundmesh.tunnel.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.ConnectResponse;
import dev.groundmesh.tunnel.hbone.HboneServer;
import dev.groundmesh.tunnel.hbone.HboneServerListener;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.IncomingConnect;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.ServerTunnel;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.path.Await;
import dev.groundmesh.tunnel.path.TestMesh;
import dev.groundmesh.tunnel.path.TestPath;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TunnelPoolTest {
  private static final TestMesh MESH = new TestMesh();
  private static final TlsIdentity CLIENT = MESH.identity("client");
  private static final TlsIdentity SERVER = MESH.identity("server");
  private static final StreamFailure OVER =
      new StreamFailure(StreamFailure.Kind.SHUTDOWN, "test over");

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final IoEventLoop loop = group.next();
  private final Queue<ServerTunnel> tunnels = new ConcurrentLinkedQueue<>();
  private final Queue<HboneStream> opened = new ConcurrentLinkedQueue<>();
  private final Queue<OpenFailure> failures = new ConcurrentLinkedQueue<>();
  private final Socket listening = TestPath.listening();
  private final HboneServer server =
      new HboneServer(SERVER.server(), TunnelSettings.SERVER, new AcceptAll());
  private final SocketListener listener =
      SocketListener.open(loop, List.of(loop), listening, server::serve);
  private final InetSocketAddress address = listening.localAddress();
  private @Nullable TunnelPool pool;

  /** A server that accepts every request at once. */
  private final class AcceptAll implements HboneServerListener {
    @Override
    public void onTunnel(ServerTunnel tunnel) {
      tunnels.add(tunnel);
    }

    @Override
    public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
      connect.accept(List.of());
    }

    @Override
    public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {
      tunnels.remove(tunnel);
    }

    @Override
    public void onHandshakeFailed(
        InetSocketAddress remote, InetSocketAddress local, Throwable cause) {}
  }

  /** What became of the streams that the test asked for. */
  private final class Outcome implements OpenListener {
    @Override
    public void onOpened(HboneStream stream, ConnectResponse response) {
      opened.add(stream);
    }

    @Override
    public void onFailed(OpenFailure failure) {
      failures.add(failure);
    }
  }

  /** That of one pod. */
  private record PodTransport(String address) implements TunnelTransport {
    @Override
    public Socket openSocket(TunnelKey key) {
      return LinuxSocket.newSocketStream(false);
    }

    @Override
    public TunnelTls tls(TunnelKey key) {
      return CLIENT.client(key.expected());
    }
  }

  @AfterEach
  void stop() throws Exception {
    TunnelPool used = pool;
    if (used != null) {
      onLoop(
          () -> {
            used.closeAll(OVER);
            return true;
          });
    }
    listener.close();
    server.close(OVER);
    Await.until(() -> server.tunnels() == 0);
    group.shutdownGracefully(20, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  private <T> T onLoop(Callable<T> action) throws InterruptedException, ExecutionException {
    return loop.submit(action).get();
  }

  private TunnelPool pool(TunnelPoolLimits limits, int budget) {
    TunnelPool made = new TunnelPool(loop, TunnelSettings.CLIENT, limits, new TunnelBudget(budget));
    pool = made;
    return made;
  }

  private TunnelPool pool(TunnelPoolLimits limits) {
    return pool(limits, 1000);
  }

  private static TunnelPoolLimits limits(int streams, int tunnels, int spreadStreams) {
    return new TunnelPoolLimits(
        streams, tunnels, spreadStreams, 2, Duration.ofMinutes(5), Duration.ofSeconds(5));
  }

  private TunnelKey key(String source, InetSocketAddress destination) {
    return key(new PodTransport(source), destination);
  }

  private TunnelKey key(TunnelTransport transport, InetSocketAddress destination) {
    return new TunnelKey(
        transport, TestMesh.id("client"), Set.of(TestMesh.id("server")), destination);
  }

  private PendingConnect open(TunnelPool from, TunnelKey key) throws Exception {
    return onLoop(
        () -> from.open(key, new ConnectRequest("10.0.0.1:80", List.of()), new Outcome()));
  }

  private void openMany(TunnelPool from, TunnelKey key, int count) throws Exception {
    onLoop(
        () -> {
          for (int i = 0; i < count; i++) {
            from.open(key, new ConnectRequest("10.0.0.1:80", List.of()), new Outcome());
          }
          return true;
        });
  }

  @Test
  void concurrentDemandSharesOneHandshake() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    openMany(used, key("10.0.0.1", address), 50);
    Await.until(() -> opened.size() == 50);
    assertThat(tunnels).hasSize(1);
    assertThat(used.tunnels()).isEqualTo(1);
  }

  @Test
  void keysDoNotShareTunnels() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    open(used, key("10.0.0.1", address));
    open(used, key("10.0.0.2", address));
    Await.until(() -> opened.size() == 2);
    assertThat(tunnels).hasSize(2);
  }

  @Test
  void fullTunnelMakesRoomForAnother() throws Exception {
    TunnelPool used = pool(limits(10, 10, 100));
    openMany(used, key("10.0.0.1", address), 35);
    Await.until(() -> opened.size() == 35);
    assertThat(tunnels).hasSize(4);
  }

  @Test
  void busyKeySpreadsOverTwoTunnels() throws Exception {
    TunnelPool used = pool(limits(100, 10, 4));
    TunnelKey key = key("10.0.0.1", address);
    openMany(used, key, 10);
    Await.until(() -> opened.size() == 10);
    openMany(used, key, 1);
    Await.until(() -> tunnels.size() == 2);
    openMany(used, key, 9);
    Await.until(() -> opened.size() == 20);
    assertThat(tunnels).hasSize(2);
  }

  @Test
  void tunnelThatReceivedGoAwayIsNotUsedAgain() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    TunnelKey key = key("10.0.0.1", address);
    open(used, key);
    Await.until(() -> opened.size() == 1);
    ServerTunnel first = tunnels.element();
    first.drain();
    Await.until(
        () -> {
          try {
            open(used, key);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return tunnels.size() == 2;
        });
    assertThat(opened.element().isClosed()).isFalse();
    assertThat(failures).isEmpty();
  }

  @Test
  void lostTunnelIsReplaced() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    TunnelKey key = key("10.0.0.1", address);
    open(used, key);
    Await.until(() -> opened.size() == 1);
    tunnels.element().close(OVER);
    Await.until(tunnels::isEmpty);
    Await.until(() -> used.tunnels() == 0);
    open(used, key);
    Await.until(() -> opened.size() == 2);
    assertThat(tunnels).hasSize(1);
  }

  @Test
  void idleTunnelIsReleased() throws Exception {
    TunnelPool used =
        pool(new TunnelPoolLimits(100, 10, 100, 2, Duration.ofMillis(100), Duration.ofSeconds(5)));
    open(used, key("10.0.0.1", address));
    Await.until(() -> opened.size() == 1);
    assertThat(used.tunnels()).isEqualTo(1);
    onLoop(
        () -> {
          opened.element().reset(OVER);
          return true;
        });
    Await.until(() -> used.tunnels() == 0);
    Await.until(tunnels::isEmpty);
  }

  @Test
  void failureOfTheHandshakeIsToldToAllThatWait() throws Exception {
    Socket closed = TestPath.listening();
    InetSocketAddress nobody = closed.localAddress();
    closed.close();
    TunnelPool used = pool(limits(100, 10, 100));
    openMany(used, key("10.0.0.1", nobody), 5);
    Await.until(() -> failures.size() == 5);
    assertThat(failures).allMatch(f -> f.kind() == OpenFailure.Kind.CONNECT_FAILED);
    assertThat(used.tunnels()).isZero();
  }

  @Test
  void socketThatCannotBeOpenedIsAFailure() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    TunnelTransport broken =
        new TunnelTransport() {
          @Override
          public Socket openSocket(TunnelKey key) throws IOException {
            throw new IOException("namespace is gone");
          }

          @Override
          public TunnelTls tls(TunnelKey key) {
            return CLIENT.client(key.expected());
          }
        };
    onLoop(
        () ->
            used.open(
                key(broken, address), new ConnectRequest("10.0.0.1:80", List.of()), new Outcome()));
    assertThat(failures)
        .singleElement()
        .extracting(OpenFailure::detail)
        .asString()
        .contains("gone");
    assertThat(used.tunnels()).isZero();
  }

  @Test
  void identityThatIsGoneIsAFailureAndTheNextAttemptIsMade() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    AtomicBoolean dropped = new AtomicBoolean(true);
    PodTransport pod = new PodTransport("10.0.0.1");
    TunnelTransport transport =
        new TunnelTransport() {
          @Override
          public Socket openSocket(TunnelKey key) {
            return pod.openSocket(key);
          }

          @Override
          public TunnelTls tls(TunnelKey key) {
            if (dropped.get()) {
              throw new IllegalStateException("no certificate");
            }
            return pod.tls(key);
          }
        };
    TunnelKey key = key(transport, address);
    open(used, key);

    assertThat(failures).extracting(OpenFailure::detail).containsExactly("no certificate");
    assertThat(used.tunnels()).isZero();
    dropped.set(false);
    open(used, key);
    Await.until(() -> opened.size() == 1);
  }

  @Test
  void tunnelsToARevokedServerAreCutAndNoneIsReused() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    TunnelKey revoked = key("10.0.0.1", address);
    TunnelKey trusted = key("10.0.0.2", address);
    open(used, revoked);
    Await.until(() -> opened.size() == 1);
    open(used, trusted);
    Await.until(() -> opened.size() == 2);
    List<ClientTunnel> asked = new ArrayList<>();

    List<ClientTunnel> cut =
        onLoop(
            () ->
                used.revoke(
                    tunnel -> {
                      asked.add(tunnel);
                      return asked.size() == 1;
                    }));

    assertThat(cut).singleElement().extracting(ClientTunnel::peer).isEqualTo(TestMesh.id("server"));
    Await.until(() -> used.tunnels() == 1);
    assertThat(opened.stream().map(HboneStream::isClosed)).containsExactlyInAnyOrder(true, false);
    open(used, trusted);
    Await.until(() -> opened.size() == 3);
    assertThat(used.tunnels()).isEqualTo(2);
  }

  @Test
  void tunnelWhosePeerWasRevokedDuringItsHandshakeCarriesNothing() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    AtomicInteger asked = new AtomicInteger();
    onLoop(() -> used.revoke(_ -> asked.incrementAndGet() == 1));

    open(used, key("10.0.0.1", address));

    Await.until(() -> opened.size() == 1);
    Await.until(() -> used.tunnels() == 1);
    assertThat(asked).hasValue(2);
    assertThat(failures).isEmpty();
  }

  @Test
  void budgetBoundsTunnelsOverAllAndIdleOnesYield() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100), 2);
    open(used, key("10.0.0.1", address));
    open(used, key("10.0.0.2", address));
    Await.until(() -> opened.size() == 2);
    open(used, key("10.0.0.3", address));
    assertThat(failures)
        .singleElement()
        .extracting(OpenFailure::kind)
        .isEqualTo(OpenFailure.Kind.LIMIT);
    onLoop(
        () -> {
          opened.element().reset(OVER);
          return true;
        });
    open(used, key("10.0.0.3", address));
    Await.until(() -> opened.size() == 3);
  }

  @Test
  void tunnelsOfOneKeyAreBounded() throws Exception {
    TunnelPool used = pool(limits(2, 3, 100));
    openMany(used, key("10.0.0.1", address), 7);
    Await.until(() -> opened.size() + failures.size() == 7);
    assertThat(opened).hasSize(6);
    assertThat(failures)
        .singleElement()
        .extracting(OpenFailure::kind)
        .isEqualTo(OpenFailure.Kind.LIMIT);
  }

  @Test
  void waiterThatGivesUpIsToldAndNoStreamIsOpened() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    onLoop(
        () -> {
          used.open(
                  key("10.0.0.1", address),
                  new ConnectRequest("10.0.0.1:80", List.of()),
                  new Outcome())
              .cancel();
          return true;
        });
    assertThat(failures)
        .singleElement()
        .extracting(OpenFailure::kind)
        .isEqualTo(OpenFailure.Kind.CANCELLED);
    Await.until(() -> tunnels.size() == 1);
    assertThat(opened).isEmpty();
  }

  @Test
  void podThatLeavesTakesItsTunnelsAlong() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    open(used, key("10.0.0.1", address));
    open(used, key("10.0.0.2", address));
    Await.until(() -> opened.size() == 2);
    onLoop(
        () -> {
          used.closeAll(new PodTransport("10.0.0.1"), OVER);
          return true;
        });
    Await.until(() -> tunnels.size() == 1);
    assertThat(used.tunnels()).isEqualTo(1);
  }

  @Test
  void drainedPoolFinishesItsStreams() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    TunnelKey key = key("10.0.0.1", address);
    open(used, key);
    Await.until(() -> opened.size() == 1);
    onLoop(
        () -> {
          used.drain();
          return true;
        });
    open(used, key);
    assertThat(failures).hasSize(1);
    assertThat(opened.element().isClosed()).isFalse();
    onLoop(
        () -> {
          opened.element().reset(OVER);
          return true;
        });
    Await.until(() -> used.tunnels() == 0);
  }

  @Test
  void tunnelThatBecomesReadyInADrainedPoolClosesWithItsStreams() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    onLoop(
        () -> {
          used.open(
              key("10.0.0.1", address),
              new ConnectRequest("10.0.0.1:80", List.of()),
              new Outcome());
          used.drain();
          return true;
        });
    Await.until(() -> opened.size() == 1);
    onLoop(
        () -> {
          opened.element().reset(OVER);
          return true;
        });
    Await.until(() -> used.tunnels() == 0);
  }

  @Test
  void budgetBoundsThePoolsOfAllLoopsTogether() throws Exception {
    TunnelBudget budget = new TunnelBudget(1);
    TunnelPool first = new TunnelPool(loop, TunnelSettings.CLIENT, limits(1, 1, 100), budget);
    TunnelPool second = new TunnelPool(loop, TunnelSettings.CLIENT, limits(1, 1, 100), budget);
    pool = first;
    open(first, key("10.0.0.1", address));
    Await.until(() -> opened.size() == 1);

    open(second, key("10.0.0.1", address));
    assertThat(failures).extracting(OpenFailure::kind).containsExactly(OpenFailure.Kind.LIMIT);

    onLoop(
        () -> {
          first.closeAll(OVER);
          return true;
        });
    assertThat(budget.used()).isZero();
  }

  @Test
  void cancellingAStreamThatIsOpenDoesNothing() throws Exception {
    TunnelPool used = pool(limits(100, 10, 100));
    PendingConnect pending = open(used, key("10.0.0.1", address));
    Await.until(() -> opened.size() == 1);

    onLoop(
        () -> {
          pending.cancel();
          return true;
        });

    assertThat(opened.element().isClosed()).isFalse();
    assertThat(failures).isEmpty();
  }

  /** A listening socket whose queue is full answers no SYN, as a port behind a firewall. */
  @Test
  void portThatAnswersNothingIsAConnectTimeout() throws Exception {
    TunnelPool used =
        pool(new TunnelPoolLimits(1, 1, 100, 2, Duration.ofMinutes(5), Duration.ofMillis(300)));
    Socket full = LinuxSocket.newSocketStream(false);
    full.bind(new InetSocketAddress(TestPath.LOOPBACK, 0));
    full.listen(0);
    InetSocketAddress silent = full.localAddress();
    List<Socket> queued = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Socket filler = LinuxSocket.newSocketStream(false);
      filler.connect(silent);
      queued.add(filler);
    }

    open(used, key("10.0.0.1", silent));

    Await.until(() -> !failures.isEmpty());
    assertThat(failures)
        .extracting(OpenFailure::kind)
        .containsExactly(OpenFailure.Kind.CONNECT_TIMEOUT);
    assertThat(used.tunnels()).isZero();
    for (Socket filler : queued) {
      filler.close();
    }
    full.close();
  }
}
