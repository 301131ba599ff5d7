package dev.groundmesh.tunnel.pool;

import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.hbone.ClientTunnelListener;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/**
 * The inner tunnel of double HBONE: TLS and CONNECT once more inside an outer stream. It has one
 * stream, which is never shared; the outer stream lives and dies with it.
 */
final class InnerTunnel implements ClientTunnelListener, PendingConnect {
  private final TunnelPool pool;
  private final ConnectRequest request;
  private final OpenListener listener;
  private @Nullable ClientTunnel tunnel;
  private @Nullable PendingConnect pending;
  private boolean cancelled;

  InnerTunnel(TunnelPool pool, ConnectRequest request, OpenListener listener) {
    this.pool = pool;
    this.request = request;
    this.listener = listener;
  }

  void start(HboneStream outer, TunnelTls tls) {
    tunnel = ClientTunnel.over(outer, tls, pool.settings(), this);
  }

  @Override
  public void onReady(ClientTunnel ready) {
    tunnel = ready;
    if (pool.isRevoked(ready)) {
      // Since its handshake.
      ready.close(TunnelPool.REVOKED);
      listener.onFailed(
          new OpenFailure(OpenFailure.Kind.TUNNEL_LOST, 0, TunnelPool.REVOKED.detail(), null));
      return;
    }
    pool.stands(ready);
    pending = ready.open(request, listener);
    // With the one stream open, the tunnel takes no other and ends with it.
    ready.drain();
  }

  @Override
  public void onConnectFailed(ClientTunnel failed, OpenFailure failure) {
    listener.onFailed(
        cancelled
            ? new OpenFailure(OpenFailure.Kind.CANCELLED, 0, failure.detail(), null)
            : failure);
  }

  @Override
  public void onCapacityChanged(ClientTunnel changed) {
    // One stream is all that it ever carries.
  }

  @Override
  public void onClosed(ClientTunnel closed, @Nullable StreamFailure failure) {
    // The stream was told, and it is all there was.
    pool.ended(closed);
  }

  @Override
  public void cancel() {
    cancelled = true;
    if (pending != null) {
      pending.cancel();
    } else if (tunnel != null) {
      tunnel.close(new StreamFailure(StreamFailure.Kind.RESET_BY_OTHER_SIDE, "cancelled"));
    }
  }
}
