package dev.groundmesh.controller.model;

import java.util.Arrays;
import java.util.Optional;

/**
 * The ranges that automatic addresses are of, 240.240.0.0/16 and 2001:2::/48. A host has the
 * address at the same offset in both. Pure.
 */
public final class AutoAddressRange {

  /** The first is 1; the first and the last address of the IPv4 range are left out. */
  public static final int LAST_OFFSET = 0xfffe;

  private static final byte[] IPV4 = {(byte) 240, (byte) 240, 0, 0};
  private static final byte[] IPV6 = {0x20, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

  private AutoAddressRange() {}

  public static byte[] ipv4(int offset) {
    return plus(IPV4, offset);
  }

  public static byte[] ipv6(int offset) {
    return plus(IPV6, offset);
  }

  /** Where in its range an address is; empty if it is in neither, or no address. */
  public static Optional<Integer> offsetOf(String address) {
    Optional<byte[]> parsed = IpAddresses.parse(address);
    if (parsed.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes = parsed.get();
    int offset = (bytes[bytes.length - 2] & 0xff) << 8 | (bytes[bytes.length - 1] & 0xff);
    byte[] network = bytes.length == 4 ? IPV4 : IPV6;
    return offset >= 1 && offset <= LAST_OFFSET && Arrays.equals(plus(network, offset), bytes)
        ? Optional.of(offset)
        : Optional.empty();
  }

  private static byte[] plus(byte[] network, int offset) {
    byte[] address = network.clone();
    address[address.length - 2] = (byte) (offset >> 8);
    address[address.length - 1] = (byte) offset;
    return address;
  }
}
