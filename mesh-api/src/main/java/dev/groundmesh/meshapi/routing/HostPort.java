package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;

/** The text of an address and port, IPv6 in brackets. */
final class HostPort {

  private HostPort() {}

  static String format(IpAddress ip, int port) {
    return ip.isV4() ? ip + ":" + port : "[" + ip + "]:" + port;
  }
}
