package dev.groundmesh.tunnel.path;

import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.pool.TunnelKey;
import dev.groundmesh.tunnel.pool.TunnelTransport;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Socket;

/** Sockets of this machine, and one identity for all tunnels. */
record PlainTransport(TunnelTls tls) implements TunnelTransport {
  @Override
  public Socket openSocket(TunnelKey wanted) {
    return LinuxSocket.newSocketStream(false);
  }

  @Override
  public TunnelTls tls(TunnelKey wanted) {
    return tls;
  }
}
