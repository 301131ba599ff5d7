package dev.groundmesh.controller.model;

import java.net.InetAddress;
import java.util.Optional;

/** IP addresses as manifests write them and as the wire carries them. Never asks a resolver. */
public final class IpAddresses {

  /** Before the IPv4 address in an IPv6 address that stands for one. */
  private static final int MAPPED_BITS = 96;

  private IpAddresses() {}

  /**
   * A range of addresses.
   *
   * @param address 4 or 16 bytes; bits after the prefix may be set
   * @param length of the prefix in bits
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared: it goes straight into an encoding
  public record Prefix(byte[] address, int length) {

    public boolean isSingle() {
      return length == address.length * 8;
    }

    /** The same range with the bits after the prefix cleared. */
    public Prefix masked() {
      byte[] masked = address.clone();
      for (int bit = length; bit < masked.length * 8; bit++) {
        masked[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
      }
      return new Prefix(masked, length);
    }
  }

  /** The 4 or 16 bytes of an IPv4 address in four decimal parts or an IPv6 address without zone. */
  public static Optional<byte[]> parse(String text) {
    if (text.indexOf(':') >= 0 ? !isIpv6Alphabet(text) : !isDottedQuad(text)) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text).getAddress());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * An address ({@code 10.0.0.1}) or a range ({@code 10.0.0.0/8}). One of IPv4-mapped addresses
   * ({@code ::ffff:10.0.0.0/104}) is one of IPv4.
   */
  public static Optional<Prefix> parsePrefix(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return parse(text).map(address -> new Prefix(address, address.length * 8));
    }
    String bits = text.substring(slash + 1);
    if (bits.isEmpty()
        || bits.length() > 3
        || !bits.chars().allMatch(c -> c >= '0' && c <= '9')
        || (bits.length() > 1 && bits.charAt(0) == '0')) {
      return Optional.empty();
    }
    String first = text.substring(0, slash);
    return parse(first)
        .flatMap(
            address -> {
              boolean mapped = address.length == 4 && first.indexOf(':') >= 0;
              int length = Integer.parseInt(bits) - (mapped ? MAPPED_BITS : 0);
              return length < 0 || length > address.length * 8
                  ? Optional.empty()
                  : Optional.of(new Prefix(address, length));
            });
  }

  /** The text form of 4 or 16 bytes; IPv6 as RFC 5952 has it. */
  public static String format(byte[] address) {
    return address.length == 4 ? formatIpv4(address) : formatIpv6(address);
  }

  private static String formatIpv4(byte[] address) {
    return (address[0] & 0xff)
        + "."
        + (address[1] & 0xff)
        + "."
        + (address[2] & 0xff)
        + "."
        + (address[3] & 0xff);
  }

  private static String formatIpv6(byte[] address) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (address[2 * i] & 0xff) << 8 | (address[2 * i + 1] & 0xff);
    }
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > bestLength) {
        bestStart = i;
        bestLength = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }

  private static boolean isDottedQuad(String text) {
    int parts = 1;
    int digits = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.') {
        if (digits == 0) {
          return false;
        }
        parts++;
        digits = 0;
      } else if (c < '0' || c > '9' || ++digits > 3 || (digits == 2 && text.charAt(i - 1) == '0')) {
        // A leading zero would be octal to some readers and decimal to others.
        return false;
      }
    }
    return parts == 4 && digits > 0;
  }

  private static boolean isIpv6Alphabet(String text) {
    return text.chars()
        .allMatch(c -> (c < 128 && Character.digit(c, 16) >= 0) || c == ':' || c == '.');
  }
}
