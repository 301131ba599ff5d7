package dev.groundmesh.tunnel.pool;

import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.hbone.ClientTunnelListener;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tunnels of one key: those that stand, at most one on its way, and who waits for it. */
final class KeyedTunnels implements ClientTunnelListener {
  private final TunnelPool pool;
  private final TunnelKey key;
  private final List<Pooled> ready = new ArrayList<>(2);
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(2);
  private @Nullable ClientTunnel connecting;
  private boolean attempting;

  KeyedTunnels(TunnelPool pool, TunnelKey key) {
    this.pool = pool;
    this.key = key;
  }

  /** A tunnel that stands. */
  private static final class Pooled {
    private final ClientTunnel tunnel;
    private long idleSince = System.nanoTime();
    private boolean retired;

    Pooled(ClientTunnel tunnel) {
      this.tunnel = tunnel;
    }
  }

  /** Someone who waits for a tunnel. */
  private static final class Waiter implements PendingConnect {
    private final KeyedTunnels owner;
    private final ConnectRequest request;
    private final OpenListener listener;
    private @Nullable PendingConnect opening;
    private boolean over;

    Waiter(KeyedTunnels owner, ConnectRequest request, OpenListener listener) {
      this.owner = owner;
      this.request = request;
      this.listener = listener;
    }

    void fail(OpenFailure failure) {
      if (!over) {
        over = true;
        listener.onFailed(failure);
      }
    }

    @Override
    public void cancel() {
      if (opening != null) {
        opening.cancel();
      } else {
        owner.waiters.remove(this);
        fail(new OpenFailure(OpenFailure.Kind.CANCELLED, 0, "cancelled", null));
      }
    }
  }

  TunnelKey key() {
    return key;
  }

  PendingConnect open(ConnectRequest request, OpenListener listener) {
    Pooled best = leastLoaded();
    if (best != null) {
      if (best.tunnel.streams() >= pool.limits().spreadStreams()
          && !attempting
          && ready.size() < pool.limits().spreadTunnels()) {
        connect();
      }
      return best.tunnel.open(request, listener);
    }
    Waiter waiter = new Waiter(this, request, listener);
    waiters.add(waiter);
    if (!attempting) {
      connectForWaiters();
    }
    return waiter;
  }

  private @Nullable Pooled leastLoaded() {
    Pooled best = null;
    int least = pool.limits().maxStreamsPerTunnel();
    for (int i = 0; i < ready.size(); i++) {
      Pooled candidate = ready.get(i);
      int streams = candidate.tunnel.streams();
      if (streams < least && !candidate.retired && candidate.tunnel.canOpen()) {
        best = candidate;
        least = streams;
      }
    }
    return best;
  }

  private void connectForWaiters() {
    if (waiters.isEmpty()) {
      return;
    }
    if (ready.size() >= pool.limits().maxTunnelsPerKey()) {
      failWaiters(
          new OpenFailure(
              OpenFailure.Kind.LIMIT,
              0,
              "tunnels to " + key.destination() + ": " + ready.size() + " (expected: fewer)",
              null));
    } else if (!connect()) {
      failWaiters(
          new OpenFailure(OpenFailure.Kind.LIMIT, 0, "no tunnel left in the agent's budget", null));
    }
  }

  /** Starts a tunnel; false when the budget is spent. */
  private boolean connect() {
    if (!pool.acquireTunnel()) {
      return false;
    }
    attempting = true;
    TunnelTls tls;
    Socket socket;
    try {
      tls = key.transport().tls(key);
      socket = key.transport().openSocket(key);
    } catch (IllegalStateException e) {
      onAttemptFailed(
          new OpenFailure(OpenFailure.Kind.TLS_FAILED, 0, String.valueOf(e.getMessage()), e));
      return true;
    } catch (IOException e) {
      onAttemptFailed(
          new OpenFailure(OpenFailure.Kind.CONNECT_FAILED, 0, "socket: " + e.getMessage(), e));
      return true;
    }
    ClientTunnel started =
        ClientTunnel.connect(
            pool.loop(),
            socket,
            key.destination(),
            pool.limits().connectTimeout(),
            tls,
            pool.settings(),
            this);
    if (!started.isOver() && !started.canOpen()) {
      connecting = started;
    }
    return true;
  }

  @Override
  public void onReady(ClientTunnel tunnel) {
    attempting = false;
    connecting = null;
    Pooled pooled = new Pooled(tunnel);
    if (pool.isRevoked(tunnel)) {
      // Since its handshake: whoever waits gets another, which is verified by the newest list.
      pooled.retired = true;
      ready.add(pooled);
      tunnel.close(TunnelPool.REVOKED);
      return;
    }
    ready.add(pooled);
    serveWaiters();
    if (pool.isDraining()) {
      retire(pooled);
    }
  }

  private void serveWaiters() {
    while (!waiters.isEmpty()) {
      Pooled best = leastLoaded();
      if (best == null) {
        if (!attempting) {
          connectForWaiters();
        }
        return;
      }
      Waiter waiter = waiters.remove();
      waiter.opening = best.tunnel.open(waiter.request, waiter.listener);
    }
  }

  @Override
  public void onConnectFailed(ClientTunnel tunnel, OpenFailure failure) {
    onAttemptFailed(failure);
  }

  private void onAttemptFailed(OpenFailure failure) {
    attempting = false;
    connecting = null;
    pool.releaseTunnel();
    failWaiters(failure);
    forgetWhenEmpty();
  }

  private void failWaiters(OpenFailure failure) {
    // Only those that wait now: whoever comes while these are told deserves a try of their own.
    for (int left = waiters.size(); left > 0 && !waiters.isEmpty(); left--) {
      waiters.remove().fail(failure);
    }
    forgetWhenEmpty();
  }

  @Override
  public void onCapacityChanged(ClientTunnel tunnel) {
    for (int i = 0; i < ready.size(); i++) {
      Pooled pooled = ready.get(i);
      if (pooled.tunnel.equals(tunnel) && tunnel.streams() == 0) {
        pooled.idleSince = System.nanoTime();
      }
    }
    if (!waiters.isEmpty()) {
      serveWaiters();
    }
  }

  @Override
  public void onClosed(ClientTunnel tunnel, @Nullable StreamFailure failure) {
    if (ready.removeIf(pooled -> pooled.tunnel.equals(tunnel))) {
      pool.releaseTunnel();
    }
    if (!waiters.isEmpty()) {
      serveWaiters();
    }
    forgetWhenEmpty();
  }

  private void forgetWhenEmpty() {
    if (ready.isEmpty() && waiters.isEmpty() && !attempting) {
      pool.forget(this);
    }
  }

  /** Closes tunnels that carry nothing since before that time. */
  void releaseIdle(long before) {
    for (Pooled pooled : List.copyOf(ready)) {
      if (pooled.tunnel.streams() == 0 && pooled.idleSince - before < 0) {
        retire(pooled);
      }
    }
  }

  boolean releaseOneIdle() {
    for (Pooled pooled : ready) {
      if (pooled.tunnel.streams() == 0 && !pooled.retired) {
        retire(pooled);
        return true;
      }
    }
    return false;
  }

  private static void retire(Pooled pooled) {
    pooled.retired = true;
    pooled.tunnel.drain();
  }

  void drain() {
    for (Pooled pooled : List.copyOf(ready)) {
      retire(pooled);
    }
    // Without waiters the tunnel on its way serves nobody.
    if (waiters.isEmpty() && connecting != null) {
      connecting.close(new StreamFailure(StreamFailure.Kind.SHUTDOWN, "drained"));
    }
  }

  /** Cuts the tunnels whose peer is revoked, and gives them back. */
  List<ClientTunnel> closeRevoked() {
    List<ClientTunnel> cut = new ArrayList<>();
    for (Pooled pooled : List.copyOf(ready)) {
      if (pool.isRevoked(pooled.tunnel)) {
        cut.add(pooled.tunnel);
        pooled.retired = true;
        pooled.tunnel.close(TunnelPool.REVOKED);
      }
    }
    return cut;
  }

  void close(StreamFailure cause) {
    for (Pooled pooled : List.copyOf(ready)) {
      pooled.retired = true;
      pooled.tunnel.close(cause);
    }
    if (connecting != null) {
      connecting.close(cause);
    }
  }
}
