package dev.groundmesh.controller.model;

import java.util.List;

/**
 * A Gateway API gateway: for the mesh a waypoint, or the way into another network.
 *
 * @param addresses of its status, where it can be reached; empty until it is ready
 */
public record Gateway(
    Metadata metadata, String className, List<Listener> listeners, List<Address> addresses)
    implements MeshObject {

  public Gateway {
    listeners = List.copyOf(listeners);
    addresses = List.copyOf(addresses);
  }

  @Override
  public Kind kind() {
    return Kind.GATEWAY;
  }

  /** Which namespaces may attach to a listener. */
  public enum From {
    SAME,
    ALL,
    SELECTOR
  }

  /**
   * A listener.
   *
   * @param protocol such as {@code HBONE}
   * @param selector on the labels of namespaces; only with {@link From#SELECTOR}
   */
  public record Listener(
      String name, int port, String protocol, From from, LabelSelector selector) {}

  /**
   * An address.
   *
   * @param hostname whether {@code value} is a host name; else it is an IP address
   */
  public record Address(boolean hostname, String value) {}
}
