package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/** What a {@link ClientTunnel} tells its owner, on its event loop. */
public interface ClientTunnelListener {
  /** TLS and HTTP/2 stand: streams may be opened. */
  void onReady(ClientTunnel tunnel);

  /** It never became ready and is closed. */
  void onConnectFailed(ClientTunnel tunnel, OpenFailure failure);

  /**
   * Whether {@link ClientTunnel#canOpen()} may have changed: a stream ended, a limit moved, GOAWAY.
   */
  void onCapacityChanged(ClientTunnel tunnel);

  /** A ready tunnel is gone; {@code failure} is null for an orderly end. */
  void onClosed(ClientTunnel tunnel, @Nullable StreamFailure failure);
}
