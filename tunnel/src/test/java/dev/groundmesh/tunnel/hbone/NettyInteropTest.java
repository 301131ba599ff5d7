package dev.groundmesh.tunnel.hbone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.tunnel.path.Await;
import dev.groundmesh.tunnel.path.TestMesh;
import dev.groundmesh.tunnel.path.TestPath;
import dev.groundmesh.tunnel.relay.ByteStream;
import dev.groundmesh.tunnel.relay.ByteStreamListener;
import dev.groundmesh.tunnel.relay.Relay;
import dev.groundmesh.tunnel.relay.SocketListener;
import dev.groundmesh.tunnel.relay.StreamFailure;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
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
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Our client and our server against Netty's own HTTP/2, over TLS and real sockets. */
class NettyInteropTest {
  private static final MultiThreadIoEventLoopGroup GROUP =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
  private static final TestMesh MESH = new TestMesh();
  private static final TlsIdentity CLIENT = MESH.identity("client");
  private static final TlsIdentity SERVER = MESH.identity("server");

  @AfterAll
  static void stop() {
    GROUP.shutdownGracefully(20, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  // ------------------------------------------------------------------- Netty's client, our server

  /** What our server does with requests. */
  private static final class Echo implements HboneServerListener {
    final Queue<ConnectRequest> requests = new ConcurrentLinkedQueue<>();
    final Queue<ServerTunnel> tunnels = new ConcurrentLinkedQueue<>();
    final Queue<String> abandoned = new ConcurrentLinkedQueue<>();
    volatile int refuseWith;
    volatile boolean neverAnswer;

    @Override
    public void onTunnel(ServerTunnel tunnel) {
      tunnels.add(tunnel);
    }

    @Override
    public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
      requests.add(connect.request());
      if (refuseWith != 0) {
        connect.refuse(refuseWith);
      } else if (neverAnswer) {
        connect.onAbandoned(() -> abandoned.add(connect.request().authority()));
      } else {
        echo(connect.accept(List.of(new HeaderField("baggage", "k8s.pod.name=b"))));
      }
    }

    @Override
    public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {
      tunnels.remove(tunnel);
    }

    @Override
    public void onHandshakeFailed(
        InetSocketAddress remote, InetSocketAddress local, Throwable cause) {}
  }

  private static void echo(ByteStream stream) {
    stream.listen(
        new ByteStreamListener() {
          @Override
          public void onData(ByteBuf data) {
            if (!stream.write(data)) {
              stream.pause();
            }
          }

          @Override
          public void onReadComplete() {
            stream.flush();
          }

          @Override
          public void onEnd() {
            stream.end();
          }

          @Override
          public void onWritable() {
            stream.resume();
          }

          @Override
          public void onClosed(@Nullable StreamFailure failure) {}
        });
    stream.resume();
  }

  /** A stream of Netty's and what came of it. */
  private static final class NettyStream extends ChannelInboundHandlerAdapter {
    final CompletableFuture<Http2Headers> headers = new CompletableFuture<>();
    final CompletableFuture<byte[]> body = new CompletableFuture<>();
    final CompletableFuture<Long> reset = new CompletableFuture<>();
    private final ByteBuf received = Unpooled.buffer();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      switch (message) {
        case Http2HeadersFrame frame -> {
          headers.complete(frame.headers());
          if (frame.isEndStream()) {
            finish();
          }
        }
        case Http2DataFrame frame -> {
          received.writeBytes(frame.content());
          if (frame.isEndStream()) {
            finish();
          }
        }
        case Http2ResetFrame frame -> reset.complete(frame.errorCode());
        default -> {}
      }
      ReferenceCountUtil.release(message);
    }

    private void finish() {
      body.complete(ByteBufUtil.getBytes(received));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2ResetFrame frame) {
        reset.complete(frame.errorCode());
      }
    }
  }

  private static Channel nettyClient(InetSocketAddress server) throws InterruptedException {
    return new Bootstrap()
        .group(GROUP)
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
                        Http2FrameCodecBuilder.forClient()
                            .initialSettings(
                                Http2Settings.defaultSettings().initialWindowSize(100_000))
                            .build(),
                        new Http2MultiplexHandler(new Silent()));
              }
            })
        .connect(server)
        .sync()
        .channel();
  }

  private static Http2StreamChannel open(Channel connection, NettyStream stream)
      throws InterruptedException {
    return new Http2StreamChannelBootstrap(connection).handler(stream).open().sync().getNow();
  }

  private static void connect(Http2StreamChannel channel, Http2Headers headers) {
    channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers));
  }

  private static Http2Headers connectHeaders() {
    return new DefaultHttp2Headers()
        .method("CONNECT")
        .authority("10.1.2.3:8080")
        .add("baggage", "a=b")
        .add("baggage", "c=d");
  }

  private interface WithServer {
    void run(Echo echo, Channel client) throws Exception;
  }

  private static void withOurServer(WithServer test) throws Exception {
    Echo echo = new Echo();
    HboneServer server = new HboneServer(SERVER.server(), TunnelSettings.SERVER, echo);
    Socket socket = TestPath.listening();
    IoEventLoop loop = GROUP.next();
    SocketListener listener = SocketListener.open(loop, List.of(loop), socket, server::serve);
    Channel client = nettyClient(socket.localAddress());
    try {
      test.run(echo, client);
    } finally {
      client.close().sync();
      listener.close();
      Await.until(() -> server.tunnels() == 0);
    }
  }

  @Test
  void nettysClientGetsItsBytesBack() throws Exception {
    withOurServer(
        (echo, client) -> {
          NettyStream stream = new NettyStream();
          Http2StreamChannel channel = open(client, stream);
          connect(channel, connectHeaders());
          assertThat(stream.headers.get(10, TimeUnit.SECONDS).status()).hasToString("200");
          assertThat(stream.headers.get().get("baggage")).hasToString("k8s.pod.name=b");
          byte[] sent = bytes(3_000_000);
          channel.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(sent), false, 100));
          channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
          assertThat(stream.body.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
          ConnectRequest request = echo.requests.element();
          assertThat(request.authority()).isEqualTo("10.1.2.3:8080");
          assertThat(request.headers("baggage")).containsExactly("a=b", "c=d");
          assertThat(echo.tunnels.element().peer()).isEqualTo(TestMesh.id("client"));
        });
  }

  @Test
  void requestsThatAreNoConnectAreRefusedWith400() throws Exception {
    withOurServer(
        (echo, client) -> {
          for (Http2Headers headers :
              List.of(
                  new DefaultHttp2Headers()
                      .method("GET")
                      .scheme("https")
                      .authority("a:1")
                      .path("/"),
                  new DefaultHttp2Headers()
                      .method("CONNECT")
                      .scheme("https")
                      .authority("a:1")
                      .path("/"),
                  new DefaultHttp2Headers()
                      .method("CONNECT")
                      .authority("a:1")
                      .add(":protocol", "x"),
                  new DefaultHttp2Headers().method("CONNECT"))) {
            NettyStream stream = new NettyStream();
            connect(open(client, stream), headers);
            assertThat(stream.headers.get(10, TimeUnit.SECONDS).status()).hasToString("400");
          }
          assertThat(echo.requests).isEmpty();
        });
  }

  @Test
  void refusalIsToldWithItsStatus() throws Exception {
    withOurServer(
        (echo, client) -> {
          echo.refuseWith = 401;
          NettyStream stream = new NettyStream();
          connect(open(client, stream), connectHeaders());
          assertThat(stream.headers.get(10, TimeUnit.SECONDS).status()).hasToString("401");
          echo.refuseWith = 0;
          NettyStream next = new NettyStream();
          connect(open(client, next), connectHeaders());
          assertThat(next.headers.get(10, TimeUnit.SECONDS).status()).hasToString("200");
        });
  }

  @Test
  void requestGivenUpBeforeItsAnswerIsTold() throws Exception {
    withOurServer(
        (echo, client) -> {
          echo.neverAnswer = true;
          Http2StreamChannel channel = open(client, new NettyStream());
          connect(channel, connectHeaders());
          Await.until(() -> !echo.requests.isEmpty());
          channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
          Await.until(() -> !echo.abandoned.isEmpty());
          assertThat(echo.abandoned).containsExactly("10.1.2.3:8080");
        });
  }

  // ------------------------------------------------------------------- our client, Netty's server

  private static Channel nettyServer(ChannelInboundHandlerAdapter streamHandler, long maxStreams)
      throws InterruptedException {
    return new ServerBootstrap()
        .group(GROUP)
        .channel(EpollServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(
                        new SslHandler(SERVER.server().newEngine(PooledByteBufAllocator.DEFAULT)),
                        Http2FrameCodecBuilder.forServer()
                            .initialSettings(
                                Http2Settings.defaultSettings()
                                    .maxConcurrentStreams(maxStreams)
                                    .initialWindowSize(70_000))
                            .build(),
                        new Http2MultiplexHandler(streamHandler),
                        new Silent());
              }
            })
        .bind(TestPath.LOOPBACK, 0)
        .sync()
        .channel();
  }

  /** Takes whatever comes and says nothing. */
  @Sharable
  private static final class Silent extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  /** Answers 200 and sends everything back. */
  @Sharable
  private static final class NettyEcho extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      switch (message) {
        case Http2HeadersFrame frame -> {
          boolean wanted = "10.9.9.9:1".contentEquals(frame.headers().authority());
          context.writeAndFlush(
              new DefaultHttp2HeadersFrame(
                  new DefaultHttp2Headers().status(wanted ? "200" : "503"), !wanted));
          ReferenceCountUtil.release(message);
        }
        case Http2DataFrame frame ->
            context.writeAndFlush(
                new DefaultHttp2DataFrame(frame.content(), frame.isEndStream(), 33));
        default -> ReferenceCountUtil.release(message);
      }
    }
  }

  /** What our client's owner hears. */
  private static final class Opened implements ClientTunnelListener, OpenListener {
    final CompletableFuture<ClientTunnel> ready = new CompletableFuture<>();
    final CompletableFuture<HboneStream> stream = new CompletableFuture<>();
    final CompletableFuture<OpenFailure> failure = new CompletableFuture<>();
    final CompletableFuture<String> closed = new CompletableFuture<>();

    @Override
    public void onReady(ClientTunnel tunnel) {
      ready.complete(tunnel);
    }

    @Override
    public void onConnectFailed(ClientTunnel tunnel, OpenFailure cause) {
      failure.complete(cause);
    }

    @Override
    public void onCapacityChanged(ClientTunnel tunnel) {}

    @Override
    public void onClosed(ClientTunnel tunnel, @Nullable StreamFailure cause) {
      closed.complete(String.valueOf(cause));
    }

    @Override
    public void onOpened(HboneStream opened, ConnectResponse response) {
      stream.complete(opened);
    }

    @Override
    public void onFailed(OpenFailure cause) {
      failure.complete(cause);
    }
  }

  private static ClientTunnel tunnelTo(
      InetSocketAddress server, IoEventLoop loop, String expected, Opened opened) throws Exception {
    return loop.submit(
            () ->
                ClientTunnel.connect(
                    loop,
                    LinuxSocket.newSocketStream(false),
                    server,
                    Duration.ofSeconds(5),
                    CLIENT.client(Set.of(TestMesh.id(expected))),
                    TunnelSettings.CLIENT,
                    opened))
        .get();
  }

  @Test
  void ourClientGetsItsBytesBackFromNettysServer() throws Exception {
    Channel server = nettyServer(new NettyEcho(), 50);
    IoEventLoop loop = GROUP.next();
    Opened opened = new Opened();
    ClientTunnel tunnel =
        tunnelTo((InetSocketAddress) server.localAddress(), loop, "server", opened);
    opened.ready.get(10, TimeUnit.SECONDS);
    loop.execute(() -> tunnel.open(new ConnectRequest("10.9.9.9:1", List.of()), opened));
    HboneStream stream = opened.stream.get(10, TimeUnit.SECONDS);

    byte[] sent = bytes(2_000_000);
    CompletableFuture<byte[]> received = new CompletableFuture<>();
    loop.execute(() -> collect(stream, sent, received));
    assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(sent);

    loop.execute(tunnel::drain);
    assertThat(opened.closed.get(10, TimeUnit.SECONDS)).isEqualTo("null");
    server.close().sync();
  }

  private static void collect(HboneStream stream, byte[] send, CompletableFuture<byte[]> received) {
    ByteBuf all = Unpooled.buffer();
    ByteBuf left = Unpooled.wrappedBuffer(send);
    stream.listen(
        new ByteStreamListener() {
          @Override
          public void onData(ByteBuf data) {
            all.writeBytes(data);
            data.release();
          }

          @Override
          public void onReadComplete() {}

          @Override
          public void onEnd() {
            received.complete(ByteBufUtil.getBytes(all));
          }

          @Override
          public void onWritable() {
            while (left.isReadable()) {
              ByteBuf part = PooledByteBufAllocator.DEFAULT.directBuffer();
              part.writeZero(9).skipBytes(9);
              part.writeBytes(left, Math.min(left.readableBytes(), 50_000));
              if (!stream.write(part)) {
                return;
              }
            }
            stream.end();
          }

          @Override
          public void onClosed(@Nullable StreamFailure failure) {
            if (failure != null) {
              received.completeExceptionally(new IllegalStateException(failure.toString()));
            }
          }
        });
    stream.resume();
    while (left.isReadable()) {
      ByteBuf part = PooledByteBufAllocator.DEFAULT.directBuffer();
      part.writeZero(9).skipBytes(9);
      part.writeBytes(left, Math.min(left.readableBytes(), 50_000));
      if (!stream.write(part)) {
        return;
      }
    }
    stream.end();
  }

  @Test
  void nettysRefusalIsAFailureWithItsStatus() throws Exception {
    Channel server = nettyServer(new NettyEcho(), 50);
    IoEventLoop loop = GROUP.next();
    Opened opened = new Opened();
    ClientTunnel tunnel =
        tunnelTo((InetSocketAddress) server.localAddress(), loop, "server", opened);
    opened.ready.get(10, TimeUnit.SECONDS);
    loop.execute(() -> tunnel.open(new ConnectRequest("10.0.0.1:1", List.of()), opened));
    OpenFailure failure = opened.failure.get(10, TimeUnit.SECONDS);
    assertThat(failure.kind()).isEqualTo(OpenFailure.Kind.REFUSED);
    assertThat(failure.status()).isEqualTo(503);
    loop.execute(tunnel::drain);
    opened.closed.get(10, TimeUnit.SECONDS);
    server.close().sync();
  }

  @Test
  void nettysLimitOfStreamsIsKept() throws Exception {
    Channel server = nettyServer(new Silent(), 3);
    IoEventLoop loop = GROUP.next();
    Opened opened = new Opened();
    ClientTunnel tunnel =
        tunnelTo((InetSocketAddress) server.localAddress(), loop, "server", opened);
    opened.ready.get(10, TimeUnit.SECONDS);
    Await.until(
        () -> {
          try {
            return loop.submit(
                    () -> {
                      if (tunnel.streams() < 3) {
                        tunnel.open(new ConnectRequest("10.9.9.9:1", List.of()), opened);
                      }
                      return !tunnel.canOpen();
                    })
                .get();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    loop.execute(() -> tunnel.close(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "test over")));
    assertThat(opened.failure.get(10, TimeUnit.SECONDS).kind())
        .isEqualTo(OpenFailure.Kind.TUNNEL_LOST);
    server.close().sync();
  }

  @Test
  void serverOfAnotherIdentityIsRefused() throws Exception {
    Channel server = nettyServer(new NettyEcho(), 50);
    Opened opened = new Opened();
    tunnelTo((InetSocketAddress) server.localAddress(), GROUP.next(), "somebody-else", opened);
    assertThat(opened.failure.get(10, TimeUnit.SECONDS).kind())
        .isEqualTo(OpenFailure.Kind.TLS_FAILED);
    server.close().sync();
  }

  @Test
  void serverThatDoesNotSpeakIsGivenUp() throws Exception {
    Socket silent = TestPath.listening();
    IoEventLoop loop = GROUP.next();
    Opened opened = new Opened();
    TunnelSettings hasty =
        new TunnelSettings(
            TunnelSettings.CLIENT.h2(),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofMillis(100));
    loop.execute(
        () ->
            ClientTunnel.connect(
                loop,
                LinuxSocket.newSocketStream(false),
                silent.localAddress(),
                Duration.ofSeconds(5),
                CLIENT.client(Set.of(TestMesh.id("server"))),
                hasty,
                opened));
    OpenFailure failure = opened.failure.get(10, TimeUnit.SECONDS);
    assertThat(failure.kind()).isEqualTo(OpenFailure.Kind.TLS_FAILED);
    assertThat(failure.detail()).contains("no TLS handshake in 200 ms");
    silent.close();
  }

  @Test
  void closedPortIsAConnectFailure() throws Exception {
    Socket socket = TestPath.listening();
    InetSocketAddress address = socket.localAddress();
    socket.close();
    Opened opened = new Opened();
    tunnelTo(address, GROUP.next(), "server", opened);
    assertThat(opened.failure.get(10, TimeUnit.SECONDS).kind())
        .isEqualTo(OpenFailure.Kind.CONNECT_FAILED);
  }

  @Test
  void relayOfTwoTunnelStreamsPassesBytes() throws Exception {
    // A waypoint's path: bytes that come from one tunnel leave by another.
    Channel behind = nettyServer(new NettyEcho(), 50);
    IoEventLoop loop = GROUP.next();
    Opened upstream = new Opened();
    ClientTunnel out =
        tunnelTo((InetSocketAddress) behind.localAddress(), loop, "server", upstream);
    upstream.ready.get(10, TimeUnit.SECONDS);
    HboneServer middle =
        new HboneServer(
            SERVER.server(),
            TunnelSettings.SERVER,
            new HboneServerListener() {
              @Override
              public void onTunnel(ServerTunnel tunnel) {}

              @Override
              public void onConnect(ServerTunnel tunnel, IncomingConnect connect) {
                out.open(
                    connect.request(),
                    new OpenListener() {
                      @Override
                      public void onOpened(HboneStream stream, ConnectResponse response) {
                        Relay.start(connect.accept(List.of()), stream, (relay, failure) -> {});
                      }

                      @Override
                      public void onFailed(OpenFailure failure) {
                        connect.refuse(503);
                      }
                    });
              }

              @Override
              public void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure) {}

              @Override
              public void onHandshakeFailed(
                  InetSocketAddress remote, InetSocketAddress local, Throwable cause) {}
            });
    Socket socket = TestPath.listening();
    SocketListener listener = SocketListener.open(loop, List.of(loop), socket, middle::serve);
    Channel client = nettyClient(socket.localAddress());
    NettyStream stream = new NettyStream();
    Http2StreamChannel channel = open(client, stream);
    connect(channel, new DefaultHttp2Headers().method("CONNECT").authority("10.9.9.9:1"));
    byte[] sent = bytes(1_000_000);
    channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(sent), true));
    assertThat(stream.body.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
    client.close().sync();
    listener.close();
    loop.execute(out::drain);
    upstream.closed.get(10, TimeUnit.SECONDS);
    behind.close().sync();
  }
}
