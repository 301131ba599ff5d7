package dev.groundmesh.meshapi.control;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one service of the control plane: one connection, made when it is first needed and
 * anew when the root certificate file has changed. Thread-safe; {@link #channel()} reads a small
 * file, so it is not for event loops.
 */
public final class ControlPlaneChannel implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(ControlPlaneChannel.class);

  /** What istiod's own proxies use: a silent connection is noticed after 40 s. */
  private static final long KEEP_ALIVE_SECONDS = 30;

  private static final long KEEP_ALIVE_TIMEOUT_SECONDS = 10;

  /**
   * Bytes that may be on their way or wait to be read: a few messages of our controller. gRPC's own
   * is one that grows to 8 MiB, which a large mesh would fill.
   */
  private static final int FLOW_CONTROL_WINDOW = 256 << 10;

  private final ControlPlaneSettings settings;
  private final Transport transport;
  private final Executor executor;
  private @Nullable ManagedChannel channel;
  private byte[] root = new byte[0];
  private boolean closed;

  /**
   * Connects to nothing yet.
   *
   * @param executor runs name resolution and, where a call names no other, the call's listeners
   */
  public ControlPlaneChannel(
      ControlPlaneSettings settings, Transport transport, Executor executor) {
    this.settings = settings;
    this.transport = transport;
    this.executor = executor;
  }

  public ControlPlaneSettings settings() {
    return settings;
  }

  /**
   * The channel that new calls should use. Calls that run on a former one come to their end there.
   * Starting a call throws {@link java.io.UncheckedIOException} when the token file cannot be read.
   *
   * @throws IOException when the root certificate file cannot be read or holds no certificate
   * @throws IllegalStateException after {@link #close()}
   */
  public synchronized ManagedChannel channel() throws IOException {
    if (closed) {
      throw new IllegalStateException("the channel to " + settings.address() + " is closed");
    }
    Path file = settings.rootCertificate();
    if (settings.plaintext() || file == null) {
      if (channel == null) {
        channel = build(settings.plaintext() ? null : tls(null));
      }
      return channel;
    }
    byte[] content = Files.readAllBytes(file);
    if (channel != null && Arrays.equals(content, root)) {
      return channel;
    }
    ManagedChannel next = build(tls(content));
    if (channel != null) {
      logger.info("{}: changed, connecting to {} anew", file, settings.address());
      channel.shutdown();
    }
    channel = next;
    root = content;
    return next;
  }

  private ManagedChannel build(@Nullable SslContext tls) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(settings.address().getHost(), settings.address().getPort())
            .eventLoopGroup(transport.group())
            .channelFactory(transport.channels())
            .executor(executor)
            .offloadExecutor(executor)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .flowControlWindow(FLOW_CONTROL_WINDOW)
            .disableRetry()
            .intercept(new CallCredentialsInterceptor(settings));
    if (settings.serverName() != null) {
      builder.overrideAuthority(settings.serverName() + ":" + settings.address().getPort());
    }
    if (tls == null) {
      builder.negotiationType(NegotiationType.PLAINTEXT);
    } else {
      builder.negotiationType(NegotiationType.TLS).sslContext(tls);
    }
    return builder.build();
  }

  private SslContext tls(byte @Nullable [] roots) throws IOException {
    SslContextBuilder builder = GrpcSslContexts.forClient();
    if (roots == null) {
      return builder.build();
    }
    try {
      return builder.trustManager(RootTrust.of(roots)).build();
    } catch (IOException e) {
      throw new IOException(
          "root certificate: "
              + settings.rootCertificate()
              + ": "
              + e.getMessage()
              + " (expected: certificates in PEM)",
          e);
    }
  }

  /** Ends the connection and the calls on it. */
  @Override
  public synchronized void close() {
    closed = true;
    if (channel != null) {
      channel.shutdownNow();
    }
  }
}
