package dev.groundmesh.tunnel.tls;

import dev.groundmesh.tunnel.hbone.TunnelTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;

/** Two engines that shake hands over real Netty channels, and echo what is sent to the server. */
final class TlsConnection implements AutoCloseable {
  private final Channel listener;
  private final Channel client;
  final End clientEnd;
  final End serverEnd;

  private TlsConnection(Channel listener, Channel client, End clientEnd, End serverEnd) {
    this.listener = listener;
    this.client = client;
    this.clientEnd = clientEnd;
    this.serverEnd = serverEnd;
  }

  static TlsConnection open(
      EventLoopGroup group,
      Function<ByteBufAllocator, SSLEngine> clientEngine,
      Function<ByteBufAllocator, SSLEngine> serverEngine)
      throws Exception {
    End serverEnd = new End(true);
    End clientEnd = new End(false);
    Channel listener =
        new ServerBootstrap()
            .group(group)
            .channel(LocalServerChannel.class)
            .childHandler(initializer(serverEngine, serverEnd))
            .bind(LocalAddress.ANY)
            .sync()
            .channel();
    Channel client =
        new Bootstrap()
            .group(group)
            .channel(LocalChannel.class)
            .handler(initializer(clientEngine, clientEnd))
            .connect(listener.localAddress())
            .sync()
            .channel();
    return new TlsConnection(listener, client, clientEnd, serverEnd);
  }

  private static ChannelInitializer<Channel> initializer(
      Function<ByteBufAllocator, SSLEngine> engine, End end) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        SSLEngine made = engine.apply(channel.alloc());
        end.engine.complete(made);
        channel.pipeline().addLast(new SslHandler(made), end);
      }
    };
  }

  /** What an end that is sent these bytes makes of them. */
  static Throwable failureOn(TunnelTls tls, byte[] bytes) throws Exception {
    End end = new End(true);
    EmbeddedChannel channel =
        new EmbeddedChannel(new SslHandler(tls.newEngine(UnpooledByteBufAllocator.DEFAULT)), end);
    try {
      channel.writeInbound(Unpooled.wrappedBuffer(bytes));
      return end.failure();
    } catch (DecoderException thrown) {
      return thrown;
    } finally {
      channel.finishAndReleaseAll();
    }
  }

  String echo(String text) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    clientEnd.answer = answer;
    client.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)).sync();
    return answer.get(10, TimeUnit.SECONDS);
  }

  boolean isOpen() {
    return client.isActive();
  }

  @Override
  public void close() {
    client.close().syncUninterruptibly();
    listener.close().syncUninterruptibly();
  }

  /** What one end has come to know. */
  static final class End extends ChannelInboundHandlerAdapter {
    private final boolean echoes;
    private final CompletableFuture<SSLSession> handshake = new CompletableFuture<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private volatile CompletableFuture<String> answer = new CompletableFuture<>();
    private final CompletableFuture<SSLEngine> engine = new CompletableFuture<>();

    End(boolean echoes) {
      this.echoes = echoes;
    }

    /** The session of a handshake that must succeed. */
    SSLSession session() throws Exception {
      return handshake.get(10, TimeUnit.SECONDS);
    }

    TlsPeer peer() throws Exception {
      return TlsPeer.of(session());
    }

    String applicationProtocol() throws Exception {
      session();
      return engine.join().getApplicationProtocol();
    }

    /** The first failure: of the handshake, or by the peer after it. */
    Throwable failure() throws Exception {
      return failure.get(10, TimeUnit.SECONDS);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof SslHandshakeCompletionEvent completion) {
        if (completion.isSuccess()) {
          handshake.complete(engine.join().getSession());
        } else {
          handshake.completeExceptionally(new CompletionException(completion.cause()));
          failure.complete(completion.cause());
        }
      }
      context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      failure.complete(cause);
      context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (echoes) {
        context.writeAndFlush(message);
        return;
      }
      answer.complete(((ByteBuf) message).toString(StandardCharsets.UTF_8));
      ReferenceCountUtil.release(message);
    }
  }
}
