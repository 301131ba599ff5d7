package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;

/** The parts of {@code host:port}. */
final class HostPort {

  private static final int MAX_PORT_DIGITS = 5;

  private HostPort() {}

  /** {@code ip:port}, IPv6 in brackets. */
  static String format(IpAddress ip, int port) {
    return ip.isV4() ? ip + ":" + port : "[" + ip + "]:" + port;
  }

  /** The port from {@code start} to the end of {@code text}, or -1 if that is not 1 to 65535. */
  static int parsePort(String text, int start) {
    int digits = text.length() - start;
    if (digits < 1 || digits > MAX_PORT_DIGITS) {
      return -1;
    }
    int port = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      port = port * 10 + (c - '0');
    }
    return port >= 1 && port <= 65535 ? port : -1;
  }

  /**
   * True for letters, digits, {@code - _ .} and a leading {@code *.}, and at least one letter among
   * them.
   */
  static boolean isHostname(String text) {
    boolean hasLetter = false;
    for (int i = text.startsWith("*.") ? 2 : 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
        return false;
      }
      hasLetter |= letter;
    }
    return hasLetter;
  }
}
