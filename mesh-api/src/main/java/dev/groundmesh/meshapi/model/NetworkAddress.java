package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * An address on one network; addresses of different networks are unrelated even when they are
 * equal.
 *
 * @param network the network's id, "" for the default network
 */
public record NetworkAddress(String network, IpAddress address) {

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NetworkAddress that
        && address.equals(that.address)
        && network.equals(that.network);
  }

  @Override
  public int hashCode() {
    return 31 * network.hashCode() + address.hashCode();
  }

  /** The alias under which workload xDS knows it: {@code <network>/<ip>}. */
  @Override
  public String toString() {
    return network + "/" + address;
  }
}
