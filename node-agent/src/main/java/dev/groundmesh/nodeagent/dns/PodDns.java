package dev.groundmesh.nodeagent.dns;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DNS server of one pod, on the two sockets that its DNS traffic is captured to. Confined to
 * one event loop.
 */
public final class PodDns {
  private static final Logger log = LoggerFactory.getLogger(PodDns.class);
  private static final int MAX_QUERY = 4096;

  private final String workloadUid;
  private final NameTable names;
  private final DnsForwarder forwarder;
  private final ChannelFactory<? extends DatagramChannel> udpSockets;
  private final ChannelFactory<? extends Channel> tcpSockets;
  private final DnsEvents events;
  private int forwarding;
  private int connections;

  PodDns(
      String workloadUid,
      NameTable names,
      DnsForwarder forwarder,
      ChannelFactory<? extends DatagramChannel> udpSockets,
      ChannelFactory<? extends Channel> tcpSockets,
      DnsEvents events) {
    this.workloadUid = workloadUid;
    this.names = names;
    this.forwarder = forwarder;
    this.udpSockets = udpSockets;
    this.tcpSockets = tcpSockets;
    this.events = events;
  }

  /** For the pipeline of the pod's UDP socket. */
  public ChannelHandler udpHandler() {
    return new UdpHandler();
  }

  /** For the pipeline of each TCP connection that the pod's DNS listener accepts. */
  public ChannelHandler tcpInitializer() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        if (connections >= DnsLimits.MAX_CONNECTIONS_PER_POD) {
          log.debug("{}: DNS connection closed: {} are open", workloadUid, connections);
          channel.close();
          return;
        }
        connections++;
        channel.closeFuture().addListener(_ -> connections--);
        channel
            .pipeline()
            .addLast(
                new ReadTimeoutHandler(DnsLimits.TCP_IDLE_SECONDS),
                new LengthFieldBasedFrameDecoder(MAX_QUERY + 2, 0, 2, 0, 2),
                new FlowControlHandler(),
                new TcpHandler());
      }
    };
  }

  /**
   * Answers one message.
   *
   * @param reply gets the answer, which it owns; is not called for a message that is best ignored
   */
  private void answer(EventLoop loop, ByteBuf request, boolean tcp, Consumer<ByteBuf> reply) {
    DnsQuery query;
    try {
      query = DnsQuery.parse(request);
    } catch (MalformedDnsException e) {
      log.debug("{}: malformed DNS query: {}", workloadUid, e.getMessage());
      if (request.readableBytes() >= 4
          && (request.getUnsignedShort(request.readerIndex() + 2) & DnsQuery.FLAG_RESPONSE) == 0) {
        reply.accept(
            DnsResponse.malformed(
                request.alloc(), request.getUnsignedShort(request.readerIndex())));
      }
      return;
    }
    DnsEvents.Question question =
        new DnsEvents.Question(workloadUid, query.typeName(), query.name(), tcp ? "tcp" : "udp");
    events.requested(question);
    DnsAnswer answer =
        query.asksForAddress()
            ? names.resolve(workloadUid, query.name(), query.type())
            : DnsAnswer.Forward.INSTANCE;
    switch (answer) {
      case DnsAnswer.Known known -> {
        events.answered(
            question,
            known.addresses().isEmpty() ? "no records" : "success",
            known.addresses().size());
        int limit = tcp ? 0xffff : query.maxUdpAnswer();
        reply.accept(DnsResponse.of(request.alloc(), request, query, known, limit));
      }
      case DnsAnswer.Forward forward -> forward(loop, request, query, question, tcp, reply);
    }
  }

  private void forward(
      EventLoop loop,
      ByteBuf request,
      DnsQuery query,
      DnsEvents.Question question,
      boolean tcp,
      Consumer<ByteBuf> reply) {
    events.forwarded(question);
    if (forwarding >= DnsLimits.MAX_FORWARDED_PER_POD) {
      failed(request, query, question, 0, "too many queries wait for an answer", reply);
      return;
    }
    forwarding++;
    long start = System.nanoTime();
    request.retain();
    Future<ByteBuf> upstream =
        tcp
            ? forwarder.overTcp(loop, tcpSockets, request.retain(), query)
            : forwarder.overUdp(loop, udpSockets, request.retain(), query);
    upstream.addListener(
        (FutureListener<ByteBuf>)
            done -> {
              forwarding--;
              long nanos = System.nanoTime() - start;
              if (done.isSuccess()) {
                ByteBuf message = done.getNow();
                events.forwardingEnded(question, true, nanos);
                events.answered(
                    question, "forwarded", message.getUnsignedShort(message.readerIndex() + 6));
                reply.accept(message);
              } else {
                failed(request, query, question, nanos, done.cause().getMessage(), reply);
              }
              request.release();
            });
  }

  private void failed(
      ByteBuf request,
      DnsQuery query,
      DnsEvents.Question question,
      long nanos,
      @Nullable String why,
      Consumer<ByteBuf> reply) {
    events.forwardingEnded(question, false, nanos);
    events.answered(question, "forwarding failed (" + why + ")", 0);
    reply.accept(DnsResponse.error(request.alloc(), request, query, DnsResponse.SERVER_FAILURE));
  }

  private final class UdpHandler extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      answer(
          context.channel().eventLoop(),
          packet.content(),
          false,
          message -> context.writeAndFlush(new DatagramPacket(message, packet.sender())));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // One client's unreachable port must not end the server of its pod.
      log.debug("{}: DNS socket: {}", workloadUid, cause.toString());
    }
  }

  private final class TcpHandler extends SimpleChannelInboundHandler<ByteBuf> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
      answer(
          context.channel().eventLoop(),
          message,
          true,
          response -> {
            ByteBuf framed = context.alloc().directBuffer(response.readableBytes() + 2);
            framed.writeShort(response.readableBytes()).writeBytes(response);
            response.release();
            context.writeAndFlush(framed);
          });
    }

    /** Who leaves answers unread asks no more: they wait in memory that all pods share. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      Channel channel = context.channel();
      channel.config().setAutoRead(channel.isWritable());
      context.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      log.debug("{}: DNS connection: {}", workloadUid, cause.toString());
      context.close();
    }
  }
}
