package dev.groundmesh.tunnel.relay;

import dev.groundmesh.meshapi.reason.ReasonCode;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.net.InetSocketAddress;

/** Takes the connections that a {@link SocketListener} accepted. */
@FunctionalInterface
public interface SocketAcceptor {
  /**
   * Called on {@code loop}, which owns the connection from now on.
   *
   * @param socket the connection, non-blocking; the acceptor owns it
   * @param remote the peer
   * @param local the address the peer dialled: for redirected connections the original destination
   */
  void onAccept(IoEventLoop loop, Socket socket, InetSocketAddress remote, InetSocketAddress local);

  /**
   * Called on the loop that accepts, after a connection was reset because the process has no
   * descriptor or no memory left to serve it with.
   *
   * @param reason {@link ReasonCode#FD_LIMIT} or {@link ReasonCode#MEMORY_LIMIT}
   */
  default void onShed(ReasonCode reason, InetSocketAddress remote, InetSocketAddress local) {}
}
