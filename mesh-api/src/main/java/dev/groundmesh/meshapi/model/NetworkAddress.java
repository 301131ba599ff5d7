package dev.groundmesh.meshapi.model;

/**
 * An address on one network; addresses of different networks are unrelated even when they are
 * equal.
 *
 * @param network the network's id, "" for the default network
 */
public record NetworkAddress(String network, IpAddress address) {

  /** The alias under which workload xDS knows it: {@code <network>/<ip>}. */
  @Override
  public String toString() {
    return network + "/" + address;
  }
}
