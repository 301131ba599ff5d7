package dev.groundmesh.tunnel.relay;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * Opens TCP sockets for connecting, in the network namespace and with the options (mark,
 * transparency, bound source) that its maker chose.
 */
@FunctionalInterface
public interface SocketFactory {
  /**
   * A new non-blocking TCP socket, not connected. Only socket(2), options and bind(2) happen here,
   * so a namespace need be entered for this call alone.
   *
   * @param destination where the socket will be connected to; its family chooses the socket's
   */
  Socket open(InetSocketAddress destination) throws IOException;
}
