package dev.groundmesh.ebpf;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What the records of the maps have in common; the counterpart of redirection.h. */
public final class Layout {
  /** The version of all layouts together: maps of another version are not to be read or written. */
  public static final int VERSION = 1;

  /** The mark on captured connections and on the agent's own to applications. */
  public static final int CAPTURE_MARK = 0x111;

  /** Where the node's own connections to its pods come from, over IPv4. */
  public static final InetAddress PROBE_ADDRESS4 = address(169, 254, 7, 127);

  /** Where the node's own connections to its pods come from, over IPv6. */
  public static final InetAddress PROBE_ADDRESS6 =
      address(
          0xfd, 0x16, 0x92, 0x54, 0x71, 0x27, 0x13, 0x37, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff);

  /** The size of an address, of either family. */
  public static final int ADDRESS_BYTES = 16;

  private Layout() {}

  static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer buffer(byte[] record, int size) {
    if (record.length < size) {
      throw new IllegalArgumentException(
          "record: " + record.length + " bytes (expected: " + size + ")");
    }
    return ByteBuffer.wrap(record).order(ByteOrder.nativeOrder());
  }

  static void put(ByteBuffer to, InetAddress address) {
    if (address instanceof Inet4Address) {
      to.putLong(0).put((byte) 0).put((byte) 0).put((byte) 0xff).put((byte) 0xff);
    }
    to.put(address.getAddress());
  }

  static InetAddress getAddress(ByteBuffer from) {
    byte[] bytes = new byte[ADDRESS_BYTES];
    from.get(bytes);
    return address(bytes);
  }

  /** A record that is one address, the key of {@link MapName#NODE_PODS}. */
  public static byte[] encode(InetAddress address) {
    byte[] record = new byte[ADDRESS_BYTES];
    put(buffer(record, ADDRESS_BYTES), address);
    return record;
  }

  /** A record that is one number of 4 bytes, such as an index. */
  public static byte[] encode(int number) {
    return buffer(4).putInt(number).array();
  }

  /** A record that is one number of 8 bytes, such as a cookie. */
  public static byte[] encode(long number) {
    return buffer(8).putLong(number).array();
  }

  /** The number in a record of 8 bytes. */
  public static long decodeLong(byte[] record) {
    return buffer(record, 8).getLong();
  }

  private static InetAddress address(int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    return address(raw);
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
