package dev.groundmesh.tunnel.header;

import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Reads and writes what names a place to connect to. */
final class Authorities {
  private Authorities() {}

  /**
   * {@code ip:port} or {@code [ip]:port}, or null.
   *
   * @param portMayBeZero where a port of 0 stands for an unknown one
   */
  static @Nullable InetSocketAddress socketAddress(String text, boolean portMayBeZero) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      return null;
    }
    int port = port(text, colon + 1);
    if (port < 0 || (port == 0 && !portMayBeZero)) {
      return null;
    }
    InetAddress ip = ip(text.substring(0, colon));
    return ip == null ? null : new InetSocketAddress(ip, port);
  }

  static String format(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    String literal = NetUtil.toAddressString(ip);
    return ip instanceof Inet6Address
        ? "[" + literal + "]:" + address.getPort()
        : literal + ":" + address.getPort();
  }

  private static @Nullable InetAddress ip(String host) {
    if (host.charAt(0) == '[') {
      int last = host.length() - 1;
      if (host.charAt(last) != ']') {
        return null;
      }
      String literal = host.substring(1, last);
      // A zone means something only to the host that wrote it.
      if (literal.indexOf('%') >= 0 || !NetUtil.isValidIpV6Address(literal)) {
        return null;
      }
      return fromBytes(NetUtil.createByteArrayFromIpAddressString(literal));
    }
    return NetUtil.isValidIpV4Address(host)
        ? fromBytes(NetUtil.createByteArrayFromIpAddressString(host))
        : null;
  }

  // InetAddress.getByAddress makes an Inet4Address of an IPv4-mapped address.
  private static @Nullable InetAddress fromBytes(byte @Nullable [] bytes) {
    try {
      return bytes == null ? null : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) {
      return null;
    }
  }

  /** The decimal number from there to the end, 0 to 65535, or -1. */
  private static int port(String text, int from) {
    int length = text.length() - from;
    if (length < 1 || length > 5) {
      return -1;
    }
    int port = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      port = port * 10 + (c - '0');
    }
    return port > 65535 ? -1 : port;
  }
}
