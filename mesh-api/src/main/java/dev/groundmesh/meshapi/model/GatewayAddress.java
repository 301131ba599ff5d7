package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * How to reach a waypoint or an east-west gateway.
 *
 * @param hbonePort the port of its HBONE listener, 1 to 65535, usually 15008
 */
public record GatewayAddress(Destination destination, int hbonePort) {

  /** What names the gateway. */
  public sealed interface Destination {}

  /** A service; one of its endpoints is used. */
  public record ByHostname(NamespacedHostname service) implements Destination {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ByHostname name && service.equals(name.service);
    }

    @Override
    public int hashCode() {
      return service.hashCode();
    }

    @Override
    public String toString() {
      return service.toString();
    }
  }

  /** An address: of a service, or of the gateway workload itself. */
  public record ByAddress(NetworkAddress address) implements Destination {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ByAddress named && address.equals(named.address);
    }

    @Override
    public int hashCode() {
      return address.hashCode();
    }

    @Override
    public String toString() {
      return address.toString();
    }
  }

  /**
   * The control plane names the gateway in a way that this version does not know. It can never be
   * found, so that traffic which must pass it is refused, not sent past it.
   */
  public record Unsupported() implements Destination {
    @Override
    public String toString() {
      return "(unsupported destination)";
    }
  }

  public GatewayAddress {
    if (hbonePort < 0 || hbonePort > 65535) {
      throw new IllegalArgumentException("hbonePort: " + hbonePort + " (expected: 0 to 65535)");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GatewayAddress gateway
        && hbonePort == gateway.hbonePort
        && destination.equals(gateway.destination);
  }

  @Override
  public int hashCode() {
    return 31 * destination.hashCode() + hbonePort;
  }

  @Override
  public String toString() {
    return destination + ":" + hbonePort;
  }
}
