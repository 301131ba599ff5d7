package dev.groundmesh.tunnel.pool;

import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import java.net.InetAddress;

/** The client tunnels of one event loop; use it on that loop alone. */
@SuppressWarnings("DoNotCallSuggester")
public final class TunnelPool {
  /** An empty pool. {@code budget} is shared by the pools of all event loops. */
  public TunnelPool(
      IoEventLoop loop, TunnelSettings settings, TunnelPoolLimits limits, TunnelBudget budget) {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens a stream on a tunnel of that key: one that stands, or a new one. Concurrent demand for a
   * key waits for one handshake.
   */
  public PendingConnect open(
      TunnelKey key, TunnelTransport transport, ConnectRequest request, OpenListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Lets every tunnel finish its streams and reuses none: on shutdown. */
  public void drain() {
    throw new UnsupportedOperationException();
  }

  /** Cuts every tunnel of a workload that left. */
  public void closeAll(InetAddress sourceAddress, StreamFailure cause) {
    throw new UnsupportedOperationException();
  }

  /** Tunnels that stand or are being opened. */
  public int tunnels() {
    throw new UnsupportedOperationException();
  }
}
