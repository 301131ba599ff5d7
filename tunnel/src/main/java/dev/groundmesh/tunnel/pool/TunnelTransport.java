package dev.groundmesh.tunnel.pool;

import dev.groundmesh.tunnel.hbone.TunnelTls;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/** Where the tunnels of one workload come from: sockets of its namespace, TLS of its identity. */
public interface TunnelTransport {
  /** A new socket in the workload's network namespace, not connected. */
  Socket openSocket(TunnelKey key) throws IOException;

  /**
   * TLS as {@code key.source()}, expecting {@code key.expected()}.
   *
   * @throws IllegalStateException when there is no certificate of that identity any more
   */
  TunnelTls tls(TunnelKey key);
}
