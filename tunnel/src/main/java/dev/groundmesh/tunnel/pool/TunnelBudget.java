package dev.groundmesh.tunnel.pool;

import java.util.concurrent.atomic.AtomicInteger;

/** How many tunnels there may be over all event loops. Any thread. */
public final class TunnelBudget {
  private final int max;
  private final AtomicInteger used = new AtomicInteger();

  /**
   * @param max tunnels at once, positive
   */
  public TunnelBudget(int max) {
    if (max <= 0) {
      throw new IllegalArgumentException("max: " + max + " (expected: > 0)");
    }
    this.max = max;
  }

  boolean tryAcquire() {
    if (used.incrementAndGet() <= max) {
      return true;
    }
    used.decrementAndGet();
    return false;
  }

  void release() {
    used.decrementAndGet();
  }

  /** Tunnels that stand or are being opened. */
  public int used() {
    return used.get();
  }
}
