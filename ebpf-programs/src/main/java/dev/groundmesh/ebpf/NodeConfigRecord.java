package dev.groundmesh.ebpf;

import java.nio.ByteBuffer;

/**
 * The value of {@link MapName#NODE_CONFIG}.
 *
 * @param layout {@link Layout#VERSION} of the agent that made the maps
 * @param failOpen whether pods' connections pass while no agent is alive
 * @param agentNetns cookie of the namespace whose tasks are never captured
 * @param heartbeatTimeoutNanos age of the heartbeat at which the agent counts as dead
 * @param generation raised by each agent that takes over
 */
public record NodeConfigRecord(
    int layout, boolean failOpen, long agentNetns, long heartbeatTimeoutNanos, long generation) {
  /** The size in bytes. */
  public static final int BYTES = 32;

  /** Reads a value of the map. */
  public static NodeConfigRecord decode(byte[] record) {
    ByteBuffer in = Layout.buffer(record, BYTES);
    return new NodeConfigRecord(
        in.getInt(), in.getInt() != 0, in.getLong(), in.getLong(), in.getLong());
  }

  /** The value of the map. */
  public byte[] encode() {
    return Layout.buffer(BYTES)
        .putInt(layout)
        .putInt(failOpen ? 1 : 0)
        .putLong(agentNetns)
        .putLong(heartbeatTimeoutNanos)
        .putLong(generation)
        .array();
  }
}
