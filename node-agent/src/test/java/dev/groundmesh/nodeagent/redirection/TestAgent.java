package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.ListenerKind;
import dev.groundmesh.nodeagent.config.FailMode;
import dev.groundmesh.nodeagent.kernel.NetnsChannels;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.UnixChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * An agent that answers each connection with a line of what it saw: the listener, the accepted
 * socket's own address, which is the original destination, and its peer. Then it echoes.
 */
final class TestAgent implements AutoCloseable {
  /** What each line begins with that the process has to say. */
  static final String ANSWER = "agent: ";

  final NodeRedirection node;
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final List<Channel> channels = new ArrayList<>();

  TestAgent(RedirectionConfig config) throws IOException {
    node = NodeRedirection.open(config);
  }

  /** Enrols a pod with new listeners. */
  PodRedirection enrol(NetnsHandle netns, PodCapture wanted) throws IOException {
    PodCapture capture = wanted.withAddressesIn(netns);
    return enrol(netns, capture, families(capture));
  }

  /** Enrols a pod with new listeners for these families alone. */
  PodRedirection enrol(NetnsHandle netns, PodCapture capture, List<SocketProtocolFamily> families)
      throws IOException {
    List<PodListener> listeners = new ArrayList<>();
    for (SocketProtocolFamily family : families) {
      for (ListenerKind kind : ListenerKind.values()) {
        Channel channel =
            kind == ListenerKind.DNS_UDP ? dns(netns, family) : listener(netns, family, kind);
        channels.add(channel);
        listeners.add(new PodListener(kind, ((UnixChannel) channel).fd().intValue()));
      }
    }
    return node.enrol(netns, capture, listeners);
  }

  EventLoopGroup loop() {
    return loop;
  }

  private static List<SocketProtocolFamily> families(PodCapture capture) {
    List<SocketProtocolFamily> families = new ArrayList<>();
    if (capture.ipv4()) {
      families.add(SocketProtocolFamily.INET);
    }
    if (capture.ipv6()) {
      families.add(SocketProtocolFamily.INET6);
    }
    return families;
  }

  private static InetSocketAddress loopback(SocketProtocolFamily family) {
    return new InetSocketAddress(family == SocketProtocolFamily.INET ? "127.0.0.1" : "::1", 0);
  }

  private Channel listener(NetnsHandle netns, SocketProtocolFamily family, ListenerKind kind) {
    return new ServerBootstrap()
        .group(loop)
        .channelFactory(NetnsChannels.listeners(netns, family))
        .childHandler(new Teller(kind))
        .bind(loopback(family))
        .syncUninterruptibly()
        .channel();
  }

  private Channel dns(NetnsHandle netns, SocketProtocolFamily family) {
    return new Bootstrap()
        .group(loop)
        .channelFactory(NetnsChannels.datagrams(netns, family))
        .handler(new DnsTeller())
        .bind(loopback(family))
        .syncUninterruptibly()
        .channel();
  }

  void closeListeners() {
    channels.forEach(channel -> channel.close().syncUninterruptibly());
    channels.clear();
  }

  @Override
  public void close() {
    node.close();
    closeListeners();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + " " + address.getPort();
  }

  @Sharable
  private static final class Teller extends ChannelInboundHandlerAdapter {
    private final ListenerKind kind;

    Teller(ListenerKind kind) {
      this.kind = kind;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      String line =
          kind
              + " "
              + text((InetSocketAddress) ctx.channel().localAddress())
              + " from "
              + ((InetSocketAddress) ctx.channel().remoteAddress()).getAddress().getHostAddress()
              + "\n";
      ctx.writeAndFlush(Unpooled.copiedBuffer(line, StandardCharsets.US_ASCII));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ctx.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  @Sharable
  private static final class DnsTeller extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
      ByteBuf answer = Unpooled.copiedBuffer("agent's answer", StandardCharsets.US_ASCII);
      ctx.writeAndFlush(new DatagramPacket(answer, packet.sender()));
    }
  }

  /**
   * An agent as a process of its own: {@code <pin directory> <fail mode> <heartbeat timeout, ms>
   * <netns> <address>...}. Says "ready", then obeys the lines on its standard input.
   */
  public static void main(String[] arguments) throws Exception {
    RedirectionConfig config =
        new RedirectionConfig(
            Path.of(arguments[0]),
            Path.of("/sys/fs/cgroup"),
            FailMode.valueOf(arguments[1]),
            Duration.ofMillis(Long.parseLong(arguments[2])));
    Set<InetAddress> addresses = new LinkedHashSet<>();
    for (String address : Arrays.asList(arguments).subList(4, arguments.length)) {
      addresses.add(InetAddress.ofLiteral(address));
    }
    TestAgent agent = new TestAgent(config);
    NetnsHandle netns = NetnsHandle.open(Path.of(arguments[3]));
    PodRedirection pod = agent.enrol(netns, new PodCapture(addresses, true, false, List.of()));
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    AtomicBoolean beating = new AtomicBoolean(true);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (beating.get()) {
                agent.node.heartbeat();
                LockSupport.parkNanos(20_000_000);
              }
            });
    say("ready " + pod.netnsCookie());
    for (String command; (command = commands.readLine()) != null; ) {
      switch (command) {
        case "hang" -> {
          beating.set(false);
          say("hanging");
        }
        case "handed over" -> say(Boolean.toString(agent.node.handedOver()));
        case "leave" -> {
          agent.node.leaveInForce();
          agent.closeListeners();
          say("left");
        }
        case "close" -> {
          agent.close();
          say("closed");
        }
        default -> throw new IllegalArgumentException(command);
      }
    }
    System.exit(0);
  }

  /** Marks the line, for the log writes to standard output too. */
  @SuppressWarnings("SystemOut")
  private static void say(String line) {
    System.out.println(ANSWER + line);
  }
}
