package dev.groundmesh.nodeagent;

import dev.groundmesh.ebpf.ListenerKind;
import dev.groundmesh.nodeagent.dns.DnsProxy;
import dev.groundmesh.nodeagent.enrolment.NetnsPodCapturer;
import dev.groundmesh.nodeagent.kernel.NetnsChannels;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import dev.groundmesh.nodeagent.pod.LocalPod;
import dev.groundmesh.nodeagent.redirection.PodListener;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Opens the DNS sockets of pods, on port 15053 of their loopback. */
final class AgentDns implements NetnsPodCapturer.Dns {
  static final int PORT = 15053;

  private final DnsProxy proxy;
  private final List<IoEventLoop> loops;
  private final SocketProtocolFamily upstreamFamily;
  private int next;

  /**
   * @param upstreamFamily of the sockets to the upstream resolvers
   */
  AgentDns(DnsProxy proxy, List<IoEventLoop> loops, SocketProtocolFamily upstreamFamily) {
    this.proxy = proxy;
    this.loops = List.copyOf(loops);
    this.upstreamFamily = upstreamFamily;
  }

  @Override
  public NetnsPodCapturer.PodDns open(LocalPod pod, NetnsHandle netns, List<InetAddress> loopbacks)
      throws IOException {
    IoEventLoop loop = loops.get(next++ % loops.size());
    dev.groundmesh.nodeagent.dns.PodDns answering =
        proxy.serve(
            pod.uid(),
            NetnsChannels.datagrams(netns, upstreamFamily),
            NetnsChannels.sockets(netns, upstreamFamily));
    Opened opened = new Opened();
    try {
      for (InetAddress loopback : loopbacks) {
        InetSocketAddress address = new InetSocketAddress(loopback, PORT);
        SocketProtocolFamily family = NetnsChannels.familyOf(loopback);
        EpollDatagramChannel udp =
            (EpollDatagramChannel)
                bound(
                    new Bootstrap()
                        .group(loop)
                        .channelFactory(NetnsChannels.datagrams(netns, family))
                        .handler(answering.udpHandler())
                        .bind(address));
        opened.add(ListenerKind.DNS_UDP, udp, udp.fd().intValue());
        EpollServerSocketChannel tcp =
            (EpollServerSocketChannel)
                bound(
                    new ServerBootstrap()
                        .group(loop)
                        .channelFactory(NetnsChannels.listeners(netns, family))
                        .childHandler(answering.tcpInitializer())
                        .bind(address));
        opened.add(ListenerKind.DNS_TCP, tcp, tcp.fd().intValue());
      }
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  /** Called on the enrolment thread, which may wait. */
  private static Channel bound(io.netty.channel.ChannelFuture binding) throws IOException {
    binding.awaitUninterruptibly();
    if (!binding.isSuccess()) {
      throw new IOException("DNS socket: " + binding.cause().getMessage(), binding.cause());
    }
    return binding.channel();
  }

  private static final class Opened implements NetnsPodCapturer.PodDns {
    private final List<PodListener> descriptors = new ArrayList<>();
    private final List<Channel> channels = new ArrayList<>();

    void add(ListenerKind kind, Channel channel, int fd) {
      channels.add(channel);
      descriptors.add(new PodListener(kind, fd));
    }

    @Override
    public List<PodListener> descriptors() {
      return List.copyOf(descriptors);
    }

    @Override
    public void close() {
      channels.forEach(Channel::close);
    }
  }
}
