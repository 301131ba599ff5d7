package dev.groundmesh.ebpf;

import java.nio.ByteBuffer;

/**
 * A key of {@link MapName#VIRTUAL_INTERFACES}.
 *
 * @param netns cookie of the pod's namespace
 * @param index the device's index in that namespace, positive
 */
public record PodDeviceKey(long netns, int index) {
  /** The size in bytes. */
  public static final int BYTES = 16;

  /** Reads a key of the map. */
  public static PodDeviceKey decode(byte[] record) {
    ByteBuffer in = Layout.buffer(record, BYTES);
    return new PodDeviceKey(in.getLong(), in.getInt());
  }

  /** The key of the map. */
  public byte[] encode() {
    return Layout.buffer(BYTES).putLong(netns).putInt(index).array();
  }
}
