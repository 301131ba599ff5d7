package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.MapName;
import dev.groundmesh.nodeagent.kernel.KernelException;
import dev.groundmesh.nodeagent.kernel.bpf.BpfMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The agent's heartbeat in the kernel. Given by an event loop, so nothing here waits for a lock:
 * the maps' descriptors are its own, and whoever leaves last after {@link #close} closes them. Any
 * thread.
 */
final class SignOfLife implements AutoCloseable {
  private static final int CLOSED = Integer.MIN_VALUE;

  private final BpfMap config;
  private final BpfMap heartbeat;
  private final long generation;

  /** How many are beating now; {@link #CLOSED} is added to it. */
  private final AtomicInteger beating = new AtomicInteger();

  private SignOfLife(BpfMap config, BpfMap heartbeat, long generation) {
    this.config = config;
    this.heartbeat = heartbeat;
    this.generation = generation;
  }

  /**
   * @param generation of the agent that lives; another one's silences it
   */
  static SignOfLife open(Pins pins, long generation) throws KernelException {
    BpfMap config = NodeMaps.open(pins, MapName.NODE_CONFIG);
    try {
      return new SignOfLife(config, NodeMaps.open(pins, MapName.HEARTBEAT), generation);
    } catch (KernelException e) {
      config.close();
      throw e;
    }
  }

  /** Does nothing once it is closed. */
  void beat() throws KernelException {
    if (!enter()) {
      return;
    }
    try {
      if (NodeMaps.config(config).generation() == generation) {
        NodeMaps.beat(heartbeat);
      }
    } finally {
      if (beating.decrementAndGet() == CLOSED) {
        closeMaps();
      }
    }
  }

  private boolean enter() {
    int now = beating.get();
    while (now >= 0 && !beating.compareAndSet(now, now + 1)) {
      now = beating.get();
    }
    return now >= 0;
  }

  @Override
  public void close() {
    if (beating.getAndAdd(CLOSED) == 0) {
      closeMaps();
    }
  }

  private void closeMaps() {
    config.close();
    heartbeat.close();
  }
}
