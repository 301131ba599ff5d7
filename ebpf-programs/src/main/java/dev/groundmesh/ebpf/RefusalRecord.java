package dev.groundmesh.ebpf;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * A record of {@link MapName#EVENTS}.
 *
 * @param atNanos CLOCK_MONOTONIC
 * @param netns cookie of the pod's namespace
 * @param remote for what the pod sends, the destination; for what arrives, the source
 * @param remotePort the port at {@code remote}, 0 to 65535
 * @param refusal why
 */
public record RefusalRecord(
    long atNanos, long netns, InetAddress remote, int remotePort, Refusal refusal) {
  /** The size in bytes. */
  public static final int BYTES = 40;

  /**
   * Reads a record.
   *
   * @throws IllegalArgumentException if it is none of this layout
   */
  public static RefusalRecord decode(byte[] record) {
    ByteBuffer in = Layout.buffer(record, BYTES);
    return new RefusalRecord(
        in.getLong(),
        in.getLong(),
        Layout.getAddress(in),
        Short.toUnsignedInt(in.getShort()),
        Refusal.of(Short.toUnsignedInt(in.getShort())));
  }
}
