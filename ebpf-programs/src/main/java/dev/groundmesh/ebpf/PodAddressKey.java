package dev.groundmesh.ebpf;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * A key of {@link MapName#POD_ADDRESSES}.
 *
 * @param netns cookie of the pod's namespace
 * @param address one of the pod's addresses
 */
public record PodAddressKey(long netns, InetAddress address) {
  /** The size in bytes. */
  public static final int BYTES = 24;

  /** Reads a key of the map. */
  public static PodAddressKey decode(byte[] record) {
    ByteBuffer in = Layout.buffer(record, BYTES);
    return new PodAddressKey(in.getLong(), Layout.getAddress(in));
  }

  /** The key of the map. */
  public byte[] encode() {
    byte[] record = new byte[BYTES];
    Layout.put(Layout.buffer(record, BYTES).putLong(netns), address);
    return record;
  }
}
