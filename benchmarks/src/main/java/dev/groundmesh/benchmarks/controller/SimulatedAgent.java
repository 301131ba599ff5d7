package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One agent: a connection and a stream of its own, which answers each response when it has come to
 * its end, and comes back when either ends. It keeps nothing of what it is told, and what it says
 * first it shares with others, so that a machine bears many.
 */
final class SimulatedAgent {

  /** As gRPC's, which real agents have: bytes, of the stream and of the connection. */
  private static final int WINDOW = 1 << 20;

  private static final int DEFAULT_WINDOW = 65_535;
  private static final String HOST = "localhost";
  private static final int RETRY_MILLIS = 500;
  private static final int HANDSHAKE_SECONDS = 60;
  private static final String PATH =
      '/' + ControlPlaneMethods.DELTA_AGGREGATED_RESOURCES.getFullMethodName();

  /**
   * What agents have in common.
   *
   * @param firstRequest of each stream, as {@link #frame} makes it
   * @param reads whether they read what they are sent, or leave it to pile up
   * @param received bytes of responses
   * @param ended told why a stream ended
   */
  record Common(
      Bootstrap bootstrap,
      SslContext tls,
      ByteBuf firstRequest,
      boolean reads,
      LongAdder received,
      Consumer<String> ended) {}

  private final Common common;
  private final String token;
  private volatile boolean leaving;
  private volatile @Nullable Channel channel;

  private SimulatedAgent(Common common, String token) {
    this.common = common;
    this.token = token;
  }

  /** An agent that comes, and comes back until it is told to leave. */
  static SimulatedAgent start(Common common, String token) {
    SimulatedAgent agent = new SimulatedAgent(common, token);
    agent.connect();
    return agent;
  }

  /** A message as it is on the wire of gRPC. */
  static ByteBuf frame(DeltaDiscoveryRequest message) {
    byte[] encoded = message.toByteArray();
    // Sent by many, and read by a TLS that wants direct memory.
    return Unpooled.directBuffer(5 + encoded.length)
        .writeByte(0)
        .writeInt(encoded.length)
        .writeBytes(encoded);
  }

  /** Ends the connection for good; any thread. */
  void leave() {
    leaving = true;
    Channel open = channel;
    if (open != null) {
      open.close();
    }
  }

  private void connect() {
    ChannelFuture connecting =
        common
            .bootstrap()
            .clone()
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel opened) {
                    fill(opened.pipeline());
                  }
                })
            .connect();
    Channel opened = connecting.channel();
    channel = opened;
    opened
        .closeFuture()
        .addListener(
            closed -> {
              if (!leaving && common.reads()) {
                opened
                    .eventLoop()
                    .schedule(
                        this::connect,
                        ThreadLocalRandom.current().nextInt(RETRY_MILLIS, 2 * RETRY_MILLIS),
                        TimeUnit.MILLISECONDS);
              }
            });
    if (leaving) {
      opened.close();
    }
  }

  private void fill(ChannelPipeline pipeline) {
    SslHandler handshake = common.tls().newHandler(pipeline.channel().alloc(), HOST, -1);
    handshake.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
    Events events = new Events();
    Http2ConnectionHandler http2 =
        new Http2ConnectionHandlerBuilder()
            .server(false)
            .initialSettings(
                Http2Settings.defaultSettings().pushEnabled(false).initialWindowSize(WINDOW))
            .gracefulShutdownTimeoutMillis(0)
            .frameListener(events)
            .build();
    events.http2 = http2;
    pipeline.addLast(handshake, http2);
  }

  private final class Events extends Http2EventAdapter {
    private @Nullable Http2ConnectionHandler http2;
    private @Nullable ResponseScanner responses;

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
        throws Http2Exception {
      Http2ConnectionHandler handler = http2;
      if (handler == null || responses != null) {
        return;
      }
      Http2Connection connection = handler.connection();
      int stream = connection.local().incrementAndGetNextStreamId();
      responses = new ResponseScanner(nonce -> answer(context, handler, stream, nonce));
      connection
          .local()
          .flowController()
          .incrementWindowSize(connection.connectionStream(), WINDOW - DEFAULT_WINDOW);
      handler.encoder().writeHeaders(context, stream, headers(), 0, false, context.newPromise());
      handler
          .encoder()
          .writeData(
              context,
              stream,
              common.firstRequest().retainedDuplicate(),
              0,
              false,
              context.newPromise());
    }

    private Http2Headers headers() {
      return new DefaultHttp2Headers()
          .method("POST")
          .scheme("https")
          .authority(HOST)
          .path(PATH)
          .set("content-type", "application/grpc")
          .set("te", "trailers")
          .set(ControlPlaneMethods.AUTHORIZATION.name(), "Bearer " + token);
    }

    private void answer(
        ChannelHandlerContext context, Http2ConnectionHandler handler, int stream, String nonce) {
      ByteBuf answer =
          frame(
              DeltaDiscoveryRequest.newBuilder()
                  .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                  .setResponseNonce(nonce)
                  .build());
      // Leaves with the other answers to what was read at once.
      handler.encoder().writeData(context, stream, answer, 0, false, context.newPromise());
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean isEnd) {
      ResponseScanner scanner = responses;
      if (scanner == null || !common.reads()) {
        return 0;
      }
      int bytes = data.readableBytes();
      common.received().add(bytes);
      scanner.read(data);
      return bytes + padding;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean isEnd) {
      if (isEnd) {
        end(context, headers.get("grpc-status") + " " + headers.get("grpc-message"));
      }
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int stream, long error) {
      end(context, "reset with error " + error);
    }

    @Override
    public void onGoAwayRead(
        ChannelHandlerContext context, int lastStream, long error, ByteBuf said) {
      end(context, "sent away with error " + error + ' ' + said.toString(StandardCharsets.UTF_8));
    }

    private void end(ChannelHandlerContext context, String why) {
      if (!leaving) {
        common.ended().accept(why);
      }
      context.close();
    }
  }
}
