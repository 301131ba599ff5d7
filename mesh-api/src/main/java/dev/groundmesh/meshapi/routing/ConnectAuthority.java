package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The {@code :authority} of an HBONE CONNECT: what the client wants to reach. */
public sealed interface ConnectAuthority {

  /**
   * Longer ones are no authorities: a DNS name's bound, a colon and a port, with room for brackets.
   */
  int MAX_LENGTH = 320;

  /** An address, of a workload or of a service. */
  record Ip(IpAddress ip, int port) implements ConnectAuthority {
    @Override
    public String toString() {
      return HostPort.format(ip, port);
    }
  }

  /** A service by its host name, in lower case, and its service port. */
  record Hostname(String hostname, int port) implements ConnectAuthority {
    @Override
    public String toString() {
      return hostname + ":" + port;
    }
  }

  /** 1 to 65535. */
  int port();

  /**
   * Reads {@code host:port} with IPv6 in brackets and port 1 to 65535, or returns null if it is no
   * such text.
   */
  static @Nullable ConnectAuthority parseOrNull(CharSequence text) {
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    String authority = text.toString();
    int colon = authority.lastIndexOf(':');
    int port = colon <= 0 ? -1 : HostPort.parsePort(authority, colon + 1);
    if (port < 0) {
      return null;
    }
    if (authority.charAt(0) == '[') {
      IpAddress ip =
          authority.charAt(colon - 1) == ']' && colon > 1
              ? IpAddress.parseOrNull(authority.substring(1, colon - 1))
              : null;
      return ip == null || authority.indexOf(':') == colon ? null : new Ip(ip, port);
    }
    String host = authority.substring(0, colon);
    IpAddress ip = IpAddress.parseOrNull(host);
    if (ip != null) {
      return host.indexOf(':') < 0 ? new Ip(ip, port) : null;
    }
    return HostPort.isHostname(host) ? new Hostname(host.toLowerCase(Locale.ROOT), port) : null;
  }
}
