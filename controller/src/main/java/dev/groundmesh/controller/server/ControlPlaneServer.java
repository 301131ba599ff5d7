package dev.groundmesh.controller.server;

import dev.groundmesh.controller.ca.ServerIdentity;
import dev.groundmesh.controller.metrics.MetricRegistry;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;

/**
 * The gRPC server of xDS and of the certificate service, on one TLS port.
 *
 * <p>Event loops move bytes; calls are authenticated and decoded on a pool of their own.
 */
public final class ControlPlaneServer implements AutoCloseable {

  /** Bytes. */
  private static final int INBOUND_WINDOW = 32 << 10;

  /** Held, since a level that nobody holds is forgotten. */
  private static final Logger GRPC_LOG = Logger.getLogger("io.grpc.netty.NettyServerHandler");

  static {
    // gRPC warns of each agent that goes away amid an answer, with a stack trace and past our log,
    // which tells of every stream that ends and why.
    GRPC_LOG.setLevel(Level.SEVERE);
  }

  private final Server server;
  private final RotatingSslContext tls;
  private final EventLoopGroup acceptor;
  private final EventLoopGroup loops;
  private final ExecutorService calls;

  private ControlPlaneServer(
      Server server,
      RotatingSslContext tls,
      EventLoopGroup acceptor,
      EventLoopGroup loops,
      ExecutorService calls) {
    this.server = server;
    this.tls = tls;
    this.acceptor = acceptor;
    this.loops = loops;
    this.calls = calls;
  }

  /**
   * Binds and serves.
   *
   * @param threads event loops, and as many threads for calls
   * @param tracers of all streams
   * @throws IOException if the address cannot be bound
   */
  public static ControlPlaneServer start(
      InetSocketAddress address,
      ServerIdentity identity,
      ServerSettings settings,
      MetricRegistry metrics,
      int threads,
      List<ServerStreamTracer.Factory> tracers,
      List<ServerServiceDefinition> services)
      throws IOException {
    RotatingSslContext tls;
    try {
      tls = new RotatingSslContext(identity);
    } catch (SSLException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
    boolean epoll = Epoll.isAvailable();
    ConnectionLimiter limiter =
        new ConnectionLimiter(
            settings.maxConnections(),
            metrics.counter(
                    "groundmesh_connections_refused_total",
                    "Connections refused because too many are open.")
                ::increment);
    metrics.gauge("groundmesh_connections", "Open connections to the gRPC port.", limiter::open);
    ChannelFactory<ServerChannel> listeners =
        () -> {
          ServerChannel channel =
              epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
          channel.pipeline().addFirst(limiter);
          return channel;
        };
    EventLoopGroup acceptor = group(1, "grpc-accept-", epoll);
    EventLoopGroup loops = group(threads, "grpc-io-", epoll);
    ExecutorService calls =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("grpc-call-", 0).daemon().factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .sslContext(tls)
            .channelFactory(listeners)
            .bossEventLoopGroup(acceptor)
            .workerEventLoopGroup(loops)
            .executor(calls)
            .handshakeTimeout(settings.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .maxConnectionIdle(settings.maxIdle().toMillis(), TimeUnit.MILLISECONDS)
            .maxConnectionAge(settings.maxAge().toMillis(), TimeUnit.MILLISECONDS)
            .maxConnectionAgeGrace(settings.ageGrace().toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTime(settings.keepAlive().toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(settings.keepAlive().toMillis() / 3, TimeUnit.MILLISECONDS)
            // Istio's agents and ours ask for signs of life every 10 seconds or more.
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConcurrentCallsPerConnection(settings.maxStreamsPerConnection())
            // What a connection may send before anyone reads it; in buffers, four times that.
            .flowControlWindow(INBOUND_WINDOW)
            .maxInboundMessageSize(settings.maxRequestBytes())
            .maxInboundMetadataSize(32 << 10);
    tracers.forEach(builder::addStreamTracerFactory);
    services.forEach(builder::addService);
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      stop(acceptor);
      stop(loops);
      calls.shutdown();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "address: " + address + " (expected: one to listen on): " + cause.getMessage(), e);
    }
    return new ControlPlaneServer(server, tls, acceptor, loops, calls);
  }

  private static EventLoopGroup group(int threads, String name, boolean epoll) {
    return new MultiThreadIoEventLoopGroup(
        threads,
        Thread.ofPlatform().name(name, 0).daemon().factory(),
        epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  }

  private static void stop(EventLoopGroup group) {
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** The port in use. */
  public int port() {
    return server.getPort();
  }

  /** From now on, handshakes are made with this certificate. */
  public void show(ServerIdentity identity) throws SSLException {
    tls.show(identity);
  }

  /** Takes no more calls, and waits for those under way; cuts what is left after the time given. */
  public void stop(Duration grace) throws InterruptedException {
    server.shutdown();
    if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      server.shutdownNow();
      server.awaitTermination(1, TimeUnit.SECONDS);
    }
    close();
  }

  @Override
  public void close() {
    server.shutdownNow();
    stop(acceptor);
    // Connections that end tell their calls so on the pool, which therefore goes last.
    var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).addListener(_ -> calls.shutdown());
  }
}
