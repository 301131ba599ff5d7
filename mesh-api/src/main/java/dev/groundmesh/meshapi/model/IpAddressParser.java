package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * Reads the textual forms of RFC 4291 section 2.2 and dotted-quad IPv4; no zones, no names, no
 * octal.
 */
final class IpAddressParser {

  private static final int GROUPS = 8;

  private IpAddressParser() {}

  static @Nullable IpAddress parse(String text) {
    if (text.indexOf(':') < 0) {
      long bits = parseV4(text, 0);
      return bits < 0 ? null : new IpAddress.V4((int) bits);
    }
    return parseV6(text);
  }

  /** The 32 bits of the dotted quad from {@code start} to the end of the text, or -1. */
  private static long parseV4(String text, int start) {
    long bits = 0;
    int at = start;
    for (int octet = 0; octet < 4; octet++) {
      int digits = 0;
      int value = 0;
      while (at < text.length() && digits < 4 && isDigit(text.charAt(at))) {
        value = value * 10 + (text.charAt(at) - '0');
        digits++;
        at++;
      }
      boolean leadingZero = digits > 1 && text.charAt(at - digits) == '0';
      if (digits == 0 || digits > 3 || value > 255 || leadingZero) {
        return -1;
      }
      bits = bits << 8 | value;
      if (octet < 3) {
        if (at >= text.length() || text.charAt(at) != '.') {
          return -1;
        }
        at++;
      }
    }
    return at == text.length() ? bits : -1;
  }

  private static @Nullable IpAddress parseV6(String text) {
    int[] groups = new int[GROUPS];
    int count = 0;
    int gap = -1;
    int at = 0;
    if (text.startsWith("::")) {
      gap = 0;
      at = 2;
    }
    while (at < text.length()) {
      if (count == GROUPS) {
        return null;
      }
      int end = at;
      while (end < text.length()
          && Character.digit(text.charAt(end), 16) >= 0
          && text.charAt(end) < 128) {
        end++;
      }
      if (end < text.length() && text.charAt(end) == '.') {
        long bits = parseV4(text, at);
        if (bits < 0 || count > GROUPS - 2) {
          return null;
        }
        groups[count++] = (int) (bits >>> 16);
        groups[count++] = (int) (bits & 0xffff);
        at = text.length();
        break;
      }
      if (end == at || end - at > 4) {
        return null;
      }
      groups[count++] = Integer.parseInt(text, at, end, 16);
      at = end;
      if (at == text.length()) {
        break;
      }
      if (text.charAt(at) != ':') {
        return null;
      }
      at++;
      if (at < text.length() && text.charAt(at) == ':') {
        if (gap >= 0) {
          return null;
        }
        gap = count;
        at++;
      } else if (at == text.length()) {
        return null;
      }
    }
    if (gap < 0 ? count != GROUPS : count == GROUPS) {
      return null;
    }
    if (gap >= 0) {
      int tail = count - gap;
      for (int i = 0; i < tail; i++) {
        int from = count - 1 - i;
        groups[GROUPS - 1 - i] = groups[from];
      }
      for (int i = gap; i < GROUPS - tail; i++) {
        groups[i] = 0;
      }
    }
    byte[] bytes = new byte[16];
    for (int i = 0; i < GROUPS; i++) {
      bytes[2 * i] = (byte) (groups[i] >>> 8);
      bytes[2 * i + 1] = (byte) groups[i];
    }
    return IpAddress.of(bytes);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
