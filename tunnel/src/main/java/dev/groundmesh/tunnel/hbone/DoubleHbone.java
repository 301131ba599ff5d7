package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/** The inner tunnel of double HBONE: TLS and CONNECT once more inside an outer stream. */
public final class DoubleHbone {
  private DoubleHbone() {}

  /**
   * Opens an inner tunnel with its one stream, never shared. The outer stream lives and dies with
   * it.
   *
   * @param outer a stream just opened to the gateway, without a listener; taken over
   * @param tls expects the service's identities, not the gateway's
   */
  public static PendingConnect open(
      HboneStream outer,
      TunnelTls tls,
      TunnelSettings settings,
      ConnectRequest request,
      OpenListener listener) {
    Inner inner = new Inner(request, listener);
    inner.start(outer, tls, settings);
    return inner;
  }

  private static final class Inner implements ClientTunnelListener, PendingConnect {
    private final ConnectRequest request;
    private final OpenListener listener;
    private @Nullable ClientTunnel tunnel;
    private @Nullable PendingConnect pending;
    private boolean cancelled;

    Inner(ConnectRequest request, OpenListener listener) {
      this.request = request;
      this.listener = listener;
    }

    void start(HboneStream outer, TunnelTls tls, TunnelSettings settings) {
      tunnel = ClientTunnel.over(outer, tls, settings, this);
    }

    @Override
    public void onReady(ClientTunnel ready) {
      tunnel = ready;
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
}
