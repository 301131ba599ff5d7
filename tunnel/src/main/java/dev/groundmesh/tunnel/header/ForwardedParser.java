package dev.groundmesh.tunnel.header;

import java.net.InetSocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads and writes the forwarded header. */
final class ForwardedParser {
  private final String text;
  private int at;

  private ForwardedParser(String text) {
    this.text = text;
  }

  static Forwarded parse(CharSequence value) {
    if (value.length() > Forwarded.MAX_LENGTH) {
      return Forwarded.EMPTY;
    }
    return new ForwardedParser(value.toString()).element();
  }

  /**
   * RFC 7239 section 4: pairs divided by semicolons; a comma begins the element of the next proxy.
   */
  private Forwarded element() {
    InetSocketAddress source = null;
    String host = null;
    while (true) {
      skipSpace();
      String name = token();
      skipSpace();
      if (name.isEmpty() || !consume('=')) {
        return new Forwarded(source, host);
      }
      skipSpace();
      String value = value();
      if (value == null) {
        return new Forwarded(source, host);
      }
      switch (name.toLowerCase(Locale.ROOT)) {
        case "for" -> source = source == null ? Authorities.socketAddress(value, true) : source;
        case "host" -> host = host == null && isHost(value) ? value : host;
        default -> {
          // by, proto and extensions say nothing that the mesh relies on
        }
      }
      skipSpace();
      if (!consume(';')) {
        return new Forwarded(source, host);
      }
    }
  }

  private void skipSpace() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private boolean consume(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private String token() {
    int start = at;
    while (at < text.length() && "=;, \t\"".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  private @Nullable String value() {
    if (!consume('"')) {
      String token = token();
      return token.isEmpty() ? null : token;
    }
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return out.toString();
      }
      if (c == '\\') {
        if (at == text.length()) {
          return null;
        }
        c = text.charAt(at++);
      }
      out.append(c);
    }
    return null;
  }

  private static boolean isHost(String value) {
    if (value.isEmpty()) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= 0x20 || c > 0x7e || c == '"' || c == '\\' || c == ',' || c == ';') {
        return false;
      }
    }
    return true;
  }

  static String format(Forwarded forwarded) {
    StringBuilder out = new StringBuilder(64);
    if (forwarded.source() != null) {
      out.append("for=\"").append(Authorities.format(forwarded.source())).append('"');
    }
    String host = forwarded.host();
    if (host != null && isHost(host)) {
      if (!out.isEmpty()) {
        out.append(';');
      }
      out.append("host=").append(host);
    }
    return out.toString();
  }
}
