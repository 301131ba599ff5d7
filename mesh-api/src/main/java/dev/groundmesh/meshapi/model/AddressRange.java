package dev.groundmesh.meshapi.model;

/**
 * A range of IP addresses, as CIDR writes it.
 *
 * @param base any address of the range; the bits after the prefix are kept as given and have no
 *     meaning
 * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record AddressRange(IpAddress base, int prefixLength) {

  public AddressRange {
    if (prefixLength < 0 || prefixLength > base.bitLength()) {
      throw new IllegalArgumentException(
          "prefixLength: " + prefixLength + " (expected: 0 to " + base.bitLength() + ")");
    }
  }

  /**
   * Parses {@code address/length}, or an address alone as the range of that one address.
   *
   * @throws IllegalArgumentException if {@code text} is neither
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    IpAddress base = IpAddress.parseOrNull(slash < 0 ? text : text.substring(0, slash));
    if (base != null) {
      if (slash < 0) {
        return new AddressRange(base, base.bitLength());
      }
      String length = text.substring(slash + 1);
      if (!length.isEmpty()
          && length.length() <= 3
          && length.chars().allMatch(c -> c >= '0' && c <= '9')) {
        int prefixLength = Integer.parseInt(length);
        if (prefixLength <= base.bitLength()) {
          return new AddressRange(base, prefixLength);
        }
      }
    }
    throw new IllegalArgumentException(
        "range: " + text + " (expected: CIDR, for example 10.0.0.0/8 or fd00::/64)");
  }

  public boolean contains(IpAddress address) {
    return base.sharesPrefix(address, prefixLength);
  }

  @Override
  public String toString() {
    return base + "/" + prefixLength;
  }
}
