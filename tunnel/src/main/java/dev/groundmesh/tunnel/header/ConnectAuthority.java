package dev.groundmesh.tunnel.header;

import java.net.InetSocketAddress;

/** The {@code :authority} of a CONNECT request: where the bytes are meant to go. */
public sealed interface ConnectAuthority {

  /** Longer ones are refused: a DNS name's bound, a colon and a port, with room for brackets. */
  int MAX_LENGTH = 320;

  int port();

  /** As it stands on the wire; IPv6 addresses in brackets. */
  @Override
  String toString();

  /**
   * {@code ip:port} or {@code [ip]:port}.
   *
   * @param address resolved; IPv4 where the wire named an IPv4-mapped IPv6 address
   */
  record Ip(InetSocketAddress address) implements ConnectAuthority {
    @Override
    public int port() {
      return address.getPort();
    }

    @Override
    public String toString() {
      return Authorities.format(address);
    }
  }

  /**
   * {@code serviceHostname:servicePort}.
   *
   * @param hostname lower case, without a trailing dot
   */
  record Hostname(String hostname, int port) implements ConnectAuthority {
    @Override
    public String toString() {
      return hostname + ":" + port;
    }
  }

  static ConnectAuthority of(InetSocketAddress address) {
    return new Ip(address);
  }

  /**
   * Reads an authority.
   *
   * @throws HeaderException when it is neither {@code ip:port}, {@code [ip]:port} nor {@code
   *     hostname:port}
   */
  static ConnectAuthority parse(CharSequence text) throws HeaderException {
    return Authorities.parse(text);
  }
}
