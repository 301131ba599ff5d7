package dev.groundmesh.nodeagent.pod;

import dev.groundmesh.nodeagent.config.ConnectionConfig;
import dev.groundmesh.nodeagent.kernel.Errno;
import dev.groundmesh.nodeagent.kernel.NetnsChannels;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The TCP sockets that the agent makes inside one pod's network namespace. Only the making happens
 * inside; they are connected from the agent's own namespace, by which the kernel tells them from
 * the pod's. Any thread; throws {@link IOException} where the kernel refuses.
 */
public final class PodSockets {
  /**
   * No client picks a source port of this range by itself: Linux's ephemeral ports begin at 32768.
   */
  private static final int FIRST_SOURCE_PORT = 10_000;

  private static final int SOURCE_PORTS = 20_000;
  private static final int BIND_ATTEMPTS = 16;
  private static final int BACKLOG = 4096;

  private final NetnsHandle netns;
  private final ConnectionConfig config;

  /**
   * @param netns the pod's namespace, open for as long as sockets are made
   */
  public PodSockets(NetnsHandle netns, ConnectionConfig config) {
    this.netns = netns;
    this.config = config;
  }

  /** A socket that leaves the pod by its own routes and is not captured. */
  public Socket outbound(InetSocketAddress destination) throws IOException {
    Socket socket = make(isIpv4(destination.getAddress()));
    try {
      SocketOptions.keepalive(socket, config);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * A socket that reaches the pod's application over its loopback device, from a foreign address.
   * Its source port is our choice, because a port that the client has open to the pod already would
   * hang one of the two connections; where even that is taken, connecting fails as {@link
   * #isPortTaken} says, and another socket may be tried. It has no keepalive: both of its ends are
   * in one kernel, which tells each of the other's end.
   */
  public Socket toApplication(InetAddress source, RandomGenerator random) throws IOException {
    boolean ipv4 = isIpv4(source);
    Socket socket = make(ipv4);
    try {
      SocketOptions.transparent(socket, ipv4);
      SocketOptions.mark(socket, NetnsChannels.CAPTURE_MARK);
      SocketOptions.bindToLoopbackDevice(socket);
      socket.setReuseAddress(true);
      for (int attempt = 1; ; attempt++) {
        int port = FIRST_SOURCE_PORT + random.nextInt(SOURCE_PORTS);
        try {
          socket.bind(new InetSocketAddress(source, port));
          return socket;
        } catch (IOException e) {
          if (attempt == BIND_ATTEMPTS || !isPortTaken(e)) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** A listening socket on a port of the pod's loopback, shared with those of other agents. */
  public Socket listener(InetAddress loopback, int port) throws IOException {
    boolean ipv4 = isIpv4(loopback);
    Socket socket = make(ipv4);
    try {
      SocketOptions.keepalive(socket, config);
      SocketOptions.transparent(socket, ipv4);
      socket.setReuseAddress(true);
      socket.setReusePort(true);
      socket.bind(new InetSocketAddress(loopback, port));
      socket.listen(BACKLOG);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Whether a bind or connect failed because another connection has that 4-tuple. */
  public static boolean isPortTaken(Throwable cause) {
    return switch (Errno.of(cause).orElse(0)) {
      case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EPERM -> true;
      default -> false;
    };
  }

  /** Whether a socket could not be made because the process or the machine has none left. */
  public static boolean isOutOfDescriptors(@Nullable Throwable cause) {
    return cause != null
        && switch (Errno.of(cause).orElse(0)) {
          case Errno.EMFILE, Errno.ENFILE -> true;
          default -> false;
        };
  }

  private Socket make(boolean ipv4) throws IOException {
    try {
      return netns.<Socket, IOException>call(
          () ->
              LinuxSocket.newSocketStream(
                  ipv4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6));
    } catch (ChannelException e) {
      throw new IOException("socket: " + e.getMessage(), e);
    }
  }

  private static boolean isIpv4(InetAddress address) {
    return address instanceof Inet4Address;
  }
}
