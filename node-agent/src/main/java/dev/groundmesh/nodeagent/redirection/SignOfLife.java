package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.MapName;
import dev.groundmesh.nodeagent.kernel.KernelException;
import dev.groundmesh.nodeagent.kernel.UseCount;
import dev.groundmesh.nodeagent.kernel.bpf.BpfMap;

/**
 * The agent's heartbeat in the kernel. Given by an event loop, so nothing here waits for a lock:
 * the maps' descriptors are its own. Any thread.
 */
final class SignOfLife implements AutoCloseable {
  private final BpfMap config;
  private final BpfMap heartbeat;
  private final long generation;

  private final UseCount uses = new UseCount();

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
    if (!uses.enter()) {
      return;
    }
    try {
      if (NodeMaps.config(config).generation() == generation) {
        NodeMaps.beat(heartbeat);
      }
    } finally {
      if (uses.leave()) {
        closeMaps();
      }
    }
  }

  @Override
  public void close() {
    if (uses.close()) {
      closeMaps();
    }
  }

  private void closeMaps() {
    config.close();
    heartbeat.close();
  }
}
