package dev.groundmesh.nodeagent.pod;

import dev.groundmesh.nodeagent.config.ConnectionConfig;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/** Socket options by their numbers in Linux's headers, the same on every architecture we run on. */
final class SocketOptions {
  private static final int SOL_IP = 0;
  private static final int SOL_SOCKET = 1;
  private static final int SOL_TCP = 6;
  private static final int SOL_IPV6 = 41;
  private static final int SO_MARK = 36;
  private static final int SO_BINDTOIFINDEX = 62;
  private static final int IP_TRANSPARENT = 19;
  private static final int IPV6_TRANSPARENT = 75;
  private static final int TCP_KEEPIDLE = 4;
  private static final int TCP_KEEPINTVL = 5;
  private static final int TCP_KEEPCNT = 6;
  private static final int TCP_USER_TIMEOUT = 18;
  private static final int LOOPBACK_INDEX = 1;

  private SocketOptions() {}

  static void keepalive(Socket socket, ConnectionConfig config) throws IOException {
    if (config.keepalive()) {
      socket.setKeepAlive(true);
      socket.setIntOpt(SOL_TCP, TCP_KEEPIDLE, Math.toIntExact(config.keepaliveIdle().toSeconds()));
      socket.setIntOpt(
          SOL_TCP, TCP_KEEPINTVL, Math.toIntExact(config.keepaliveInterval().toSeconds()));
      socket.setIntOpt(SOL_TCP, TCP_KEEPCNT, config.keepaliveProbes());
    }
    if (config.userTimeout()) {
      long millis =
          config.keepaliveIdle().toMillis()
              + config.keepaliveInterval().multipliedBy(config.keepaliveProbes()).toMillis();
      socket.setIntOpt(SOL_TCP, TCP_USER_TIMEOUT, Math.toIntExact(millis));
    }
  }

  /** Lets a socket have an address that is not this host's. */
  static void transparent(Socket socket, boolean ipv4) throws IOException {
    if (ipv4) {
      socket.setIntOpt(SOL_IP, IP_TRANSPARENT, 1);
    } else {
      socket.setIntOpt(SOL_IPV6, IPV6_TRANSPARENT, 1);
    }
  }

  static void mark(Socket socket, int mark) throws IOException {
    socket.setIntOpt(SOL_SOCKET, SO_MARK, mark);
  }

  static void bindToLoopbackDevice(Socket socket) throws IOException {
    socket.setIntOpt(SOL_SOCKET, SO_BINDTOIFINDEX, LOOPBACK_INDEX);
  }
}
