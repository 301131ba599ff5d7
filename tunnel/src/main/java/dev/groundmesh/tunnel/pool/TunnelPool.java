package dev.groundmesh.tunnel.pool;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.hbone.ClientTunnel;
import dev.groundmesh.tunnel.hbone.ConnectRequest;
import dev.groundmesh.tunnel.hbone.HboneStream;
import dev.groundmesh.tunnel.hbone.OpenFailure;
import dev.groundmesh.tunnel.hbone.OpenListener;
import dev.groundmesh.tunnel.hbone.PendingConnect;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import dev.groundmesh.tunnel.relay.StreamFailure;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The client tunnels of one event loop; use it on that loop alone. */
public final class TunnelPool {
  static final StreamFailure REVOKED =
      new StreamFailure(
          StreamFailure.Kind.CUT_BY_POLICY,
          ReasonCode.CERT_REVOKED.text(),
          ReasonCode.CERT_REVOKED);

  /** Idle tunnels are looked for so often within the time that they may idle. */
  private static final int SWEEPS_PER_RELEASE = 4;

  private final IoEventLoop loop;
  private final TunnelSettings settings;
  private final TunnelPoolLimits limits;
  private final TunnelBudget budget;
  private final Map<TunnelKey, KeyedTunnels> keys = new HashMap<>();

  /** Those inside streams to gateways; each ends with its stream, none is reused. */
  private final Set<ClientTunnel> inner = new HashSet<>();

  private @Nullable ScheduledFuture<?> sweeper;
  private int tunnels;
  private Predicate<ClientTunnel> revoked = _ -> false;
  private boolean draining;

  /** An empty pool. {@code budget} is shared by the pools of all event loops. */
  public TunnelPool(
      IoEventLoop loop, TunnelSettings settings, TunnelPoolLimits limits, TunnelBudget budget) {
    this.loop = loop;
    this.settings = settings;
    this.limits = limits;
    this.budget = budget;
  }

  /**
   * Opens a stream on a tunnel of that key: one that stands, or a new one. Concurrent demand for a
   * key waits for one handshake. The listener may be told of a failure before this returns.
   */
  public PendingConnect open(TunnelKey key, ConnectRequest request, OpenListener listener) {
    if (draining) {
      listener.onFailed(
          new OpenFailure(OpenFailure.Kind.LIMIT, 0, "the pool is being drained", null));
      return () -> {};
    }
    KeyedTunnels keyed = keys.get(key);
    if (keyed == null) {
      keyed = new KeyedTunnels(this, key);
      keys.put(key, keyed);
    }
    return keyed.open(request, listener);
  }

  /**
   * Opens an inner tunnel with its one stream inside an outer stream: double HBONE.
   *
   * @param outer a stream just opened to the gateway, without a listener; taken over
   * @param tls expects the service's identities, not the gateway's
   */
  public PendingConnect openInner(
      HboneStream outer, TunnelTls tls, ConnectRequest request, OpenListener listener) {
    InnerTunnel tunnel = new InnerTunnel(this, request, listener);
    tunnel.start(outer, tls);
    return tunnel;
  }

  void stands(ClientTunnel tunnel) {
    inner.add(tunnel);
  }

  void ended(ClientTunnel tunnel) {
    inner.remove(tunnel);
  }

  IoEventLoop loop() {
    return loop;
  }

  TunnelSettings settings() {
    return settings;
  }

  TunnelPoolLimits limits() {
    return limits;
  }

  boolean isDraining() {
    return draining;
  }

  /** Makes room for one more tunnel, by closing an idle one if need be. */
  boolean acquireTunnel() {
    if (!budget.tryAcquire() && !(releaseOneIdle() && budget.tryAcquire())) {
      return false;
    }
    tunnels++;
    if (sweeper == null) {
      long period = Math.max(1, limits.idleRelease().toNanos() / SWEEPS_PER_RELEASE);
      sweeper = loop.scheduleWithFixedDelay(this::sweep, period, period, TimeUnit.NANOSECONDS);
    }
    return true;
  }

  void releaseTunnel() {
    tunnels--;
    budget.release();
    if (tunnels == 0 && sweeper != null) {
      sweeper.cancel(false);
      sweeper = null;
    }
  }

  private boolean releaseOneIdle() {
    for (KeyedTunnels keyed : keys.values()) {
      if (keyed.releaseOneIdle()) {
        return true;
      }
    }
    return false;
  }

  private void sweep() {
    long before = System.nanoTime() - limits.idleRelease().toNanos();
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      keyed.releaseIdle(before);
    }
  }

  /** Nothing is left of the key. */
  void forget(KeyedTunnels keyed) {
    keys.remove(keyed.key(), keyed);
  }

  /** Lets every tunnel finish its streams and reuses none: on shutdown. */
  public void drain() {
    draining = true;
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      keyed.drain();
    }
  }

  /**
   * Reuses no tunnel that stands now, so that who is connected to next is verified anew; what runs
   * in them goes on.
   */
  private void retireAll() {
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      keyed.drain();
    }
  }

  /**
   * Who is revoked has changed: cuts the tunnels whose peer is, inner ones too, and reuses no other
   * one that stands now, so that who is connected to next is verified anew.
   *
   * @param revoked whether a tunnel's peer is; asked of tunnels that come later too
   * @return the tunnels that were cut
   */
  public List<ClientTunnel> revoke(Predicate<ClientTunnel> revoked) {
    this.revoked = revoked;
    List<ClientTunnel> cut = new ArrayList<>();
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      cut.addAll(keyed.closeRevoked());
    }
    for (ClientTunnel tunnel : List.copyOf(inner)) {
      if (inner.contains(tunnel) && isRevoked(tunnel)) {
        cut.add(tunnel);
        tunnel.close(REVOKED);
      }
    }
    retireAll();
    return cut;
  }

  boolean isRevoked(ClientTunnel tunnel) {
    return revoked.test(tunnel);
  }

  /** Cuts every tunnel over one pod's sockets. */
  public void closeAll(TunnelTransport transport, StreamFailure cause) {
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      if (keyed.key().transport().equals(transport)) {
        keyed.close(cause);
      }
    }
  }

  /** Cuts every tunnel. */
  public void closeAll(StreamFailure cause) {
    for (KeyedTunnels keyed : List.copyOf(keys.values())) {
      keyed.close(cause);
    }
  }

  /** Tunnels that stand or are being opened. */
  public int tunnels() {
    return tunnels;
  }
}
