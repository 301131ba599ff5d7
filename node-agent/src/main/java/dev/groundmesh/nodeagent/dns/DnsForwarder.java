package dev.groundmesh.nodeagent.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends a pod's query to the upstream resolvers from the pod's own network namespace, so that
 * network policies see the pod. Each try has a socket, and so a source port, and an id of its own
 * (RFC 5452 section 9), and takes only an answer that comes from the server asked and repeats both
 * id and question.
 */
final class DnsForwarder {
  private static final long TRY_MILLIS = 2_000;
  private static final int MAX_TRIES = 3;
  private static final int MAX_MESSAGE = 65_535;

  private final List<InetSocketAddress> servers;
  private final RandomGenerator random;

  DnsForwarder(List<InetSocketAddress> servers, RandomGenerator random) {
    this.servers = servers;
    this.random = random;
  }

  /**
   * Forwards over UDP.
   *
   * @param request released when the future completes
   * @return the upstream's whole answer with the client's id, to be released by the caller; fails
   *     when no server answers in time
   */
  Future<ByteBuf> overUdp(
      EventLoop loop,
      ChannelFactory<? extends DatagramChannel> sockets,
      ByteBuf request,
      DnsQuery query) {
    return start(
        new Forwarding(loop, request, query, false) {
          @Override
          void open(InetSocketAddress server, Attempt attempt) {
            bootstrap(sockets, new UdpAnswerHandler(this, attempt))
                .option(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(DnsQuery.MAX_UDP_ANSWER))
                .connect(server)
                .addListener(
                    (ChannelFutureListener)
                        connected -> {
                          if (connected.isSuccess()) {
                            opened(attempt, connected.channel());
                            connected
                                .channel()
                                .writeAndFlush(
                                    new DatagramPacket(copyWithId(attempt.id()), server));
                          } else {
                            failed(attempt, connected.cause());
                          }
                        });
          }
        });
  }

  /** Forwards over TCP (RFC 7766); otherwise as {@link #overUdp}. */
  Future<ByteBuf> overTcp(
      EventLoop loop, ChannelFactory<? extends Channel> sockets, ByteBuf request, DnsQuery query) {
    return start(
        new Forwarding(loop, request, query, true) {
          @Override
          void open(InetSocketAddress server, Attempt attempt) {
            bootstrap(
                    sockets,
                    new ChannelInitializer<>() {
                      @Override
                      protected void initChannel(Channel channel) {
                        channel
                            .pipeline()
                            .addLast(
                                new LengthFieldBasedFrameDecoder(MAX_MESSAGE + 2, 0, 2, 0, 2),
                                new TcpAnswerHandler(self(), attempt));
                      }
                    })
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TRY_MILLIS)
                .connect(server)
                .addListener(
                    (ChannelFutureListener)
                        connected -> {
                          if (connected.isSuccess()) {
                            opened(attempt, connected.channel());
                            ByteBuf message = copyWithId(attempt.id());
                            ByteBuf framed =
                                connected
                                    .channel()
                                    .alloc()
                                    .directBuffer(message.readableBytes() + 2);
                            framed.writeShort(message.readableBytes()).writeBytes(message);
                            message.release();
                            connected.channel().writeAndFlush(framed);
                          } else {
                            failed(attempt, connected.cause());
                          }
                        });
          }
        });
  }

  private Future<ByteBuf> start(Forwarding forwarding) {
    forwarding.tryNext();
    return forwarding.result;
  }

  /**
   * One try at one server.
   *
   * @param number counts from 1; only the latest try's events matter
   * @param id the transaction id that this try uses
   */
  private record Attempt(int number, int id) {}

  /** One query on its way; confined to its event loop. */
  private abstract class Forwarding {
    private final EventLoop loop;
    private final ByteBuf request;
    private final DnsQuery query;
    private final boolean tcp;
    private final Promise<ByteBuf> result;
    private int tries;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> timeout;

    Forwarding(EventLoop loop, ByteBuf request, DnsQuery query, boolean tcp) {
      this.loop = loop;
      this.request = request;
      this.query = query;
      this.tcp = tcp;
      this.result = loop.newPromise();
    }

    abstract void open(InetSocketAddress server, Attempt attempt);

    Forwarding self() {
      return this;
    }

    Bootstrap bootstrap(ChannelFactory<? extends Channel> sockets, ChannelHandler handler) {
      return new Bootstrap().group(loop).channelFactory(sockets).handler(handler);
    }

    void tryNext() {
      endTry();
      if (tries == MAX_TRIES) {
        fail(new IOException("no answer from " + servers + (tcp ? " over TCP" : " over UDP")));
        return;
      }
      InetSocketAddress server = servers.get(tries % servers.size());
      tries++;
      timeout = loop.schedule(this::tryNext, TRY_MILLIS, TimeUnit.MILLISECONDS);
      open(server, new Attempt(tries, random.nextInt(0x1_0000)));
    }

    void opened(Attempt attempt, Channel opened) {
      if (result.isDone() || attempt.number() != tries) {
        opened.close();
      } else {
        channel = opened;
      }
    }

    void failed(Attempt attempt, Throwable cause) {
      if (result.isDone() || attempt.number() != tries) {
        return;
      }
      if (tries == MAX_TRIES) {
        fail(cause);
      } else {
        tryNext();
      }
    }

    ByteBuf copyWithId(int id) {
      ByteBuf copy = request.copy();
      copy.setShort(copy.readerIndex(), id);
      return copy;
    }

    /**
     * Whether the message answers this try's question; everything else is ignored as forged or
     * late.
     */
    boolean answeredBy(ByteBuf message, Attempt attempt) {
      int length = DnsQuery.HEADER_LENGTH + query.questionLength();
      int start = message.readerIndex();
      return !result.isDone()
          && message.readableBytes() >= length
          && message.getUnsignedShort(start) == attempt.id()
          && (message.getUnsignedShort(start + 2) & DnsQuery.FLAG_RESPONSE) != 0
          && sameQuestion(message, start + DnsQuery.HEADER_LENGTH);
    }

    /** Compares without regard to case: some resolvers do not repeat it. */
    private boolean sameQuestion(ByteBuf message, int position) {
      int own = request.readerIndex() + DnsQuery.HEADER_LENGTH;
      for (int i = 0; i < query.questionLength(); i++) {
        if (lower(message.getByte(position + i)) != lower(request.getByte(own + i))) {
          return false;
        }
      }
      return true;
    }

    private static int lower(byte b) {
      return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }

    void succeed(ByteBuf answer) {
      endTry();
      answer.setShort(answer.readerIndex(), query.id());
      request.release();
      if (!result.trySuccess(answer)) {
        answer.release();
      }
    }

    private void fail(Throwable cause) {
      endTry();
      request.release();
      result.tryFailure(cause);
    }

    private void endTry() {
      if (timeout != null) {
        timeout.cancel(false);
        timeout = null;
      }
      if (channel != null) {
        channel.close();
        channel = null;
      }
    }
  }

  private static final class UdpAnswerHandler extends SimpleChannelInboundHandler<DatagramPacket> {
    private final Forwarding forwarding;
    private final Attempt attempt;

    UdpAnswerHandler(Forwarding forwarding, Attempt attempt) {
      this.forwarding = forwarding;
      this.attempt = attempt;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      if (forwarding.answeredBy(packet.content(), attempt)) {
        forwarding.succeed(packet.content().retain());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      forwarding.failed(attempt, cause);
    }
  }

  private static final class TcpAnswerHandler extends SimpleChannelInboundHandler<ByteBuf> {
    private final Forwarding forwarding;
    private final Attempt attempt;

    TcpAnswerHandler(Forwarding forwarding, Attempt attempt) {
      super(false);
      this.forwarding = forwarding;
      this.attempt = attempt;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
      if (forwarding.answeredBy(message, attempt)) {
        forwarding.succeed(message);
      } else {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      forwarding.failed(attempt, cause);
    }
  }
}
