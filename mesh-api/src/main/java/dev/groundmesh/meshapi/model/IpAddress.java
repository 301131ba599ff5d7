package dev.groundmesh.meshapi.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address in 16 or 24 bytes of heap, without a host name or a scope.
 *
 * <p>An IPv4-mapped IPv6 address ({@code ::ffff:a.b.c.d}) is always the IPv4 address. Immutable,
 * for any thread.
 */
public sealed interface IpAddress extends Comparable<IpAddress> {

  /** An IPv4 address; the first octet is the highest byte. */
  record V4(int bits) implements IpAddress {
    @Override
    public int bitLength() {
      return 32;
    }

    @Override
    public byte[] toBytes() {
      return new byte[] {
        (byte) (bits >>> 24), (byte) (bits >>> 16), (byte) (bits >>> 8), (byte) bits
      };
    }

    @Override
    public boolean isLoopback() {
      return bits >>> 24 == 127;
    }

    @Override
    public boolean sharesPrefix(IpAddress other, int length) {
      return other instanceof V4(int otherBits)
          && (length == 0 || (bits ^ otherBits) >>> (32 - length) == 0);
    }

    @Override
    public String toString() {
      return (bits >>> 24)
          + "."
          + ((bits >>> 16) & 0xff)
          + "."
          + ((bits >>> 8) & 0xff)
          + "."
          + (bits & 0xff);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof V4 address && bits == address.bits;
    }

    @Override
    public int hashCode() {
      return (bits * 0x9E3779B9) ^ (bits >>> 15);
    }
  }

  /** An IPv6 address that is not IPv4-mapped; {@code high} holds the first eight octets. */
  record V6(long high, long low) implements IpAddress {
    public V6 {
      if (high == 0 && low >>> 32 == 0xffffL) {
        throw new IllegalArgumentException(
            "address: ::ffff:" + new V4((int) low) + " (expected: an IPv4 address as IPv4)");
      }
    }

    @Override
    public int bitLength() {
      return 128;
    }

    @Override
    public byte[] toBytes() {
      byte[] bytes = new byte[16];
      for (int i = 0; i < 8; i++) {
        bytes[i] = (byte) (high >>> (56 - 8 * i));
        bytes[i + 8] = (byte) (low >>> (56 - 8 * i));
      }
      return bytes;
    }

    @Override
    public boolean isLoopback() {
      return high == 0 && low == 1;
    }

    @Override
    public boolean sharesPrefix(IpAddress other, int length) {
      if (!(other instanceof V6(long otherHigh, long otherLow))) {
        return false;
      }
      if (length == 0) {
        return true;
      }
      if (length <= 64) {
        return (high ^ otherHigh) >>> (64 - length) == 0;
      }
      return high == otherHigh
          && (length == 128 ? low == otherLow : (low ^ otherLow) >>> (128 - length) == 0);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof V6 address && high == address.high && low == address.low;
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(high) + Long.hashCode(low);
    }

    /** The canonical text of RFC 5952. */
    @Override
    public String toString() {
      int[] groups = new int[8];
      for (int i = 0; i < 4; i++) {
        groups[i] = (int) (high >>> (48 - 16 * i)) & 0xffff;
        groups[i + 4] = (int) (low >>> (48 - 16 * i)) & 0xffff;
      }
      int longestStart = -1;
      int longest = 1;
      for (int i = 0; i < 8; i++) {
        int end = i;
        while (end < 8 && groups[end] == 0) {
          end++;
        }
        if (end - i > longest) {
          longest = end - i;
          longestStart = i;
        }
        i = Math.max(i, end);
      }
      StringBuilder text = new StringBuilder(39);
      for (int i = 0; i < 8; i++) {
        if (i == longestStart) {
          text.append("::");
          i += longest - 1;
          continue;
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
      return text.toString();
    }
  }

  /** The number of bits: 32 or 128. */
  int bitLength();

  /** The address in network byte order, 4 or 16 bytes; a new array on each call. */
  byte[] toBytes();

  /** True for 127.0.0.0/8 and ::1. */
  boolean isLoopback();

  /**
   * True if {@code other} is of the same family and its first {@code length} bits are those of this
   * address.
   *
   * @param length 0 to {@link #bitLength()}
   */
  boolean sharesPrefix(IpAddress other, int length);

  default boolean isV4() {
    return this instanceof V4;
  }

  /** The same address for the JDK's and Netty's socket calls. */
  default InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(toBytes());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an IpAddress has 4 or 16 bytes", e);
    }
  }

  @Override
  default int compareTo(IpAddress other) {
    return Arrays.compareUnsigned(toBytes(), other.toBytes());
  }

  static IpAddress of(InetAddress address) {
    return of(address.getAddress());
  }

  /**
   * The address of these bytes.
   *
   * @param bytes network byte order, 4 or 16 bytes
   * @throws IllegalArgumentException if there are neither 4 nor 16
   */
  static IpAddress of(byte[] bytes) {
    if (bytes.length == 4) {
      return new V4(int32(bytes, 0));
    }
    if (bytes.length == 16) {
      long high = int64(bytes, 0);
      long low = int64(bytes, 8);
      return high == 0 && low >>> 32 == 0xffffL ? new V4((int) low) : new V6(high, low);
    }
    throw new IllegalArgumentException(
        "address: " + bytes.length + " bytes (expected: 4 or 16 bytes)");
  }

  /**
   * Parses the text of an address, never a host name: nothing is ever looked up.
   *
   * @throws IllegalArgumentException if {@code text} is no address
   */
  static IpAddress parse(String text) {
    IpAddress address = parseOrNull(text);
    if (address == null) {
      throw new IllegalArgumentException(
          "address: "
              + text
              + " (expected: an IPv4 or IPv6 address, for example 10.0.0.1 or fd00::1)");
    }
    return address;
  }

  /** Parses the text of an address as {@link #parse} does, or returns null if it is none. */
  static @Nullable IpAddress parseOrNull(String text) {
    return IpAddressParser.parse(text);
  }

  private static int int32(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | (bytes[at + 3] & 0xff);
  }

  private static long int64(byte[] bytes, int at) {
    return (long) int32(bytes, at) << 32 | (int32(bytes, at + 4) & 0xffffffffL);
  }
}
