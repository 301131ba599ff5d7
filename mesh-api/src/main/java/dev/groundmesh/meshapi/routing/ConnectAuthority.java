package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;
import org.jspecify.annotations.Nullable;

/** The {@code :authority} of an HBONE CONNECT: what the client wants to reach. */
@SuppressWarnings("DoNotCallSuggester")
public sealed interface ConnectAuthority {

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

  int port();

  /**
   * Reads {@code host:port} with IPv6 in brackets and port 1 to 65535, or returns null if it is no
   * such text.
   */
  static @Nullable ConnectAuthority parseOrNull(CharSequence text) {
    throw new UnsupportedOperationException(text.toString());
  }
}
