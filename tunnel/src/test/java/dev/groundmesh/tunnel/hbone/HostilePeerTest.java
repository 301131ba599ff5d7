package dev.groundmesh.tunnel.hbone;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.h2.Wire;
import dev.groundmesh.tunnel.path.Await;
import dev.groundmesh.tunnel.path.TestMesh;
import dev.groundmesh.tunnel.path.TestPath;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsFailure;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Peers with a good certificate and bad manners, over real sockets. */
class HostilePeerTest {
  private static final TestMesh MESH = new TestMesh();
  private static final TlsIdentity CLIENT = MESH.identity("client");
  private static final TlsIdentity SERVER = MESH.identity("server");
  private static final StreamFailure OVER =
      new StreamFailure(StreamFailure.Kind.SHUTDOWN, "test over");

  /** As Istio's, but in a hurry. */
  private static TunnelSettings hasty(TunnelSettings base) {
    return new TunnelSettings(
        base.h2(),
        Duration.ofMillis(300),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofMillis(300));
  }

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final IoEventLoop loop = group.next();
  private final Queue<Optional<StreamFailure>> ends = new ConcurrentLinkedQueue<>();
  private final Queue<String> handshakeFailures = new ConcurrentLinkedQueue<>();
  private final Queue<ReasonCode> refusals = new ConcurrentLinkedQueue<>();
  private @Nullable HboneServer server;
  private @Nullable SocketListener listener;

  @AfterEach
  void stop() {
    SocketListener listening = listener;
    if (listening != null) {
      listening.close();
    }
    HboneServer served = server;
    if (served != null) {
      served.close(OVER);
      Await.until(() -> served.tunnels() == 0);
    }
    group.shutdownGracefully(20, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  private InetSocketAddress serve(TunnelSettings settings) {
    HboneServer made = new HboneServer(SERVER.server(), settings, new AcceptAll());
    Socket socket = TestPath.listening();
    InetSocketAddress address = socket.localAddress();
    server = made;
    listener = SocketListener.open(loop, List.of(loop), socket, made::serve);
    return address;
  }

  private final class AcceptAll implements HboneServerListener {
    @Override
    public void onTunnel(ServerTunnel tunnel) {}

    @Override
    public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
      connect.accept(List.of());
    }

    @Override
    public void onRefused(ServerTunnel tunnel, ReasonCode reason, String detail) {
      refusals.add(reason);
    }

    @Override
    public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {
      ends.add(Optional.ofNullable(failure));
    }

    @Override
    public void onHandshakeFailed(
        InetSocketAddress remote, InetSocketAddress local, Throwable cause) {
      handshakeFailures.add(TlsFailure.reasonOf(cause) + " " + cause.getMessage());
    }
  }

  /** Counts what comes. */
  private static final class Received extends ChannelInboundHandlerAdapter {
    final AtomicLong bytes = new AtomicLong();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      bytes.addAndGet(((ByteBuf) message).readableBytes());
      ReferenceCountUtil.release(message);
    }
  }

  /** A TLS connection that sends what it is told. */
  private Channel dial(InetSocketAddress address, Received received) throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(EpollSocketChannel.class)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(
                        new SslHandler(
                            CLIENT
                                .client(Set.of(TestMesh.id("server")))
                                .newEngine(PooledByteBufAllocator.DEFAULT)),
                        received);
              }
            })
        .connect(address)
        .sync()
        .channel();
  }

  private static void send(Channel channel, byte[]... parts) {
    channel.writeAndFlush(Unpooled.wrappedBuffer(parts));
  }

  @Test
  void aFloodClosesItsOwnTunnelAlone() throws Exception {
    InetSocketAddress address = serve(TunnelSettings.SERVER);
    Received received = new Received();
    Channel honest = dial(address, received);
    send(honest, Wire.preface(), Wire.settings(), Wire.settingsAck(), Wire.connect(1));
    Await.until(() -> received.bytes.get() > 0);
    Channel flood = dial(address, new Received());
    send(flood, Wire.preface(), Wire.settings(), Wire.settingsAck());

    send(flood, Wire.times(5000, Wire.ping(1, false)));

    Await.until(() -> !ends.isEmpty());
    assertThat(ends)
        .singleElement()
        .extracting(end -> end.orElse(OVER).reason())
        .isEqualTo(ReasonCode.H2_PING_FLOOD);
    flood.closeFuture().get(10, TimeUnit.SECONDS);
    long before = received.bytes.get();
    send(honest, Wire.ping(2, false));
    Await.until(() -> received.bytes.get() > before);
    honest.close().sync();
  }

  @Test
  void aClientThatDoesNotShakeHandsIsGivenUp() throws Exception {
    InetSocketAddress address = serve(hasty(TunnelSettings.SERVER));

    try (java.net.Socket silent = new java.net.Socket(address.getAddress(), address.getPort())) {
      silent.setSoTimeout(10_000);
      while (silent.getInputStream().read() >= 0) {
        // An alert may come before the end.
      }
    }

    assertThat(handshakeFailures)
        .containsExactly("TLS_HANDSHAKE_TIMEOUT no TLS handshake in 300 ms");
  }

  @Test
  void aClientThatStopsAfterItsHandshakeIsGivenUp() throws Exception {
    InetSocketAddress address = serve(hasty(TunnelSettings.SERVER));

    Channel silent = dial(address, new Received());

    silent.closeFuture().get(10, TimeUnit.SECONDS);
    assertThat(ends)
        .singleElement()
        .extracting(end -> end.orElse(OVER).reason())
        .isEqualTo(ReasonCode.H2_HANDSHAKE_FAILED);
  }

  @ParameterizedTest
  @MethodSource("requestsThatAreRefused")
  void aRequestThatIsRefusedIsNamed(ReasonCode reason, Http2Headers request) throws Exception {
    InetSocketAddress address = serve(TunnelSettings.SERVER);
    Channel peer = dial(address, new Received());

    send(peer, Wire.preface(), Wire.settings(), Wire.settingsAck(), Wire.request(1, request));

    Await.until(() -> !refusals.isEmpty());
    assertThat(refusals).containsExactly(reason);
    peer.close().sync();
  }

  static Stream<Arguments> requestsThatAreRefused() {
    return Stream.of(
        arguments(
            ReasonCode.CONNECT_METHOD_EXPECTED,
            new DefaultHttp2Headers().method("GET").scheme("https").path("/").authority("a:80")),
        arguments(ReasonCode.AUTHORITY_MALFORMED, new DefaultHttp2Headers().method("CONNECT")),
        arguments(
            ReasonCode.HEADERS_MALFORMED,
            new DefaultHttp2Headers().method("CONNECT").authority("a:80").path("/")),
        arguments(
            ReasonCode.HEADERS_MALFORMED,
            new DefaultHttp2Headers(false)
                .method("CONNECT")
                .authority("a:80")
                .add("Upper", "case")));
  }

  @Test
  void aRequestBeyondTheLimitOfStreamsIsNamed() throws Exception {
    InetSocketAddress address = serve(TunnelSettings.SERVER);
    Channel peer = dial(address, new Received());
    int most = TunnelSettings.SERVER.h2().maxConcurrentStreams();

    send(peer, Wire.preface(), Wire.settings(), Wire.settingsAck());
    for (int i = 0; i <= most; i++) {
      send(peer, Wire.connect(2 * i + 1));
    }

    Await.until(() -> !refusals.isEmpty());
    assertThat(refusals).containsExactly(ReasonCode.STREAM_LIMIT);
    peer.close().sync();
  }

  @Test
  void aClientThatSpeaksNoHttp2IsNamed() throws Exception {
    InetSocketAddress address = serve(TunnelSettings.SERVER);
    Channel other = dial(address, new Received());

    send(other, "GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));

    other.closeFuture().get(10, TimeUnit.SECONDS);
    assertThat(ends)
        .singleElement()
        .extracting(end -> end.orElse(OVER).reason())
        .isEqualTo(ReasonCode.H2_HANDSHAKE_FAILED);
  }

  @Test
  void aServerThatSpeaksNoHttp2IsAFailureOfHttp2() throws Exception {
    Channel other =
        new ServerBootstrap()
            .group(group)
            .channel(EpollServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new SslHandler(
                                SERVER.server().newEngine(PooledByteBufAllocator.DEFAULT)),
                            new Received());
                    channel.writeAndFlush(
                        Unpooled.copiedBuffer("HTTP/1.1 400 Bad Request\r\n\r\n", US_ASCII));
                  }
                })
            .bind(TestPath.LOOPBACK, 0)
            .sync()
            .channel();
    CompletableFuture<OpenFailure> failure = new CompletableFuture<>();

    loop.execute(
        () ->
            ClientTunnel.connect(
                loop,
                LinuxSocket.newSocketStream(false),
                (InetSocketAddress) other.localAddress(),
                Duration.ofSeconds(5),
                CLIENT.client(Set.of(TestMesh.id("server"))),
                TunnelSettings.CLIENT,
                new OpenOne(failure)));

    assertThat(failure.get(10, TimeUnit.SECONDS).kind()).isEqualTo(OpenFailure.Kind.H2_FAILED);
    other.close().sync();
  }

  /** Opens a stream as soon as the tunnel stands. */
  private record OpenOne(CompletableFuture<OpenFailure> failure)
      implements ClientTunnelListener, OpenListener {
    @Override
    public void onReady(ClientTunnel tunnel) {
      var _ = tunnel.open(new ConnectRequest("10.0.0.1:80", List.of()), this);
    }

    @Override
    public void onConnectFailed(ClientTunnel tunnel, OpenFailure cause) {
      failure.complete(cause);
    }

    @Override
    public void onCapacityChanged(ClientTunnel tunnel) {}

    @Override
    public void onClosed(ClientTunnel tunnel, @Nullable StreamFailure cause) {}

    @Override
    public void onOpened(HboneStream stream, ConnectResponse response) {
      failure.completeExceptionally(new AssertionError("opened"));
    }

    @Override
    public void onFailed(OpenFailure cause) {
      failure.complete(cause);
    }
  }
}
