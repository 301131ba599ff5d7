package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.IpAddress;
import java.net.InetSocketAddress;

/** Where a socket connects to. */
public sealed interface Target {

  /** A known address. */
  record Address(IpAddress ip, int port) implements Target {
    public InetSocketAddress toSocketAddress() {
      return new InetSocketAddress(ip.toInetAddress(), port);
    }

    @Override
    public Address withPort(int other) {
      return new Address(ip, other);
    }

    @Override
    public String toString() {
      return HostPort.format(ip, port);
    }
  }

  /**
   * A workload that is known by its host name: the name is to be resolved for each connection.
   *
   * @param preferV4 the family to prefer among the answers
   */
  record Hostname(String hostname, int port, boolean preferV4) implements Target {
    @Override
    public Hostname withPort(int other) {
      return new Hostname(hostname, other, preferV4);
    }

    @Override
    public String toString() {
      return hostname + ":" + port;
    }
  }

  int port();

  /** The same with another port. */
  Target withPort(int other);
}
