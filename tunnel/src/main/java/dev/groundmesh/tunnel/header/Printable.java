package dev.groundmesh.tunnel.header;

/** What a peer sent, made fit for a log line. */
final class Printable {
  private static final int MAX_LENGTH = 96;

  private Printable() {}

  static String of(CharSequence value) {
    int length = Math.min(value.length(), MAX_LENGTH);
    StringBuilder out = new StringBuilder(length + 3);
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      out.append(c < 0x20 || c > 0x7e ? '?' : c);
    }
    return value.length() > MAX_LENGTH ? out.append("...").toString() : out.toString();
  }
}
