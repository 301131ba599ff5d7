package dev.groundmesh.nodeagent.kernel;

import dev.groundmesh.ebpf.Layout;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.function.Consumer;

/**
 * Factories of channels whose sockets are made inside a pod's network namespace. The calling thread
 * enters it around the constructor alone, so binding, connecting and all else happen as usual, from
 * the agent's own namespace.
 *
 * <p>The factories are thread-safe and fail with {@link ChannelException}, for example when the
 * namespace is gone.
 */
public final class NetnsChannels {
  /** The mark of captured and of source-preserving connections, which the pod's rule looks for. */
  public static final int CAPTURE_MARK = Layout.CAPTURE_MARK;

  private NetnsChannels() {}

  /** The family of the sockets for an address. */
  public static SocketProtocolFamily familyOf(InetAddress address) {
    return address instanceof Inet4Address ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
  }

  /**
   * Listeners that accept connections to addresses that are not the pod's. They share their port
   * with a predecessor's, which goes on with the connections that it has.
   */
  public static ChannelFactory<EpollServerSocketChannel> listeners(
      NetnsHandle netns, SocketProtocolFamily family) {
    return () ->
        with(
            make(netns, () -> new EpollServerSocketChannel(family)),
            channel -> {
              channel.config().setOption(EpollChannelOption.IP_TRANSPARENT, true);
              channel.config().setOption(EpollChannelOption.SO_REUSEPORT, true);
            });
  }

  /** Client sockets that leave the pod by its own routes, not captured. */
  public static ChannelFactory<EpollSocketChannel> sockets(
      NetnsHandle netns, SocketProtocolFamily family) {
    return () -> make(netns, () -> new EpollSocketChannel(family));
  }

  /** UDP sockets; a bound one shares its port with a predecessor's. */
  public static ChannelFactory<EpollDatagramChannel> datagrams(
      NetnsHandle netns, SocketProtocolFamily family) {
    return () ->
        with(
            make(netns, () -> new EpollDatagramChannel(family)),
            channel -> channel.config().setOption(EpollChannelOption.SO_REUSEPORT, true));
  }

  private static <C extends Channel> C make(
      NetnsHandle netns, NetnsHandle.Call<C, RuntimeException> constructor) {
    try {
      return netns.call(constructor);
    } catch (KernelException e) {
      throw new ChannelException(e);
    }
  }

  /**
   * A Bootstrap only logs an option that fails, and a socket without its mark would go the wrong
   * way.
   */
  private static <C extends Channel> C with(C channel, Consumer<C> options) {
    try {
      options.accept(channel);
      return channel;
    } catch (RuntimeException e) {
      channel.unsafe().closeForcibly();
      throw e;
    }
  }
}
