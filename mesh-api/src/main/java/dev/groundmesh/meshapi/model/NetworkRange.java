package dev.groundmesh.meshapi.model;

/**
 * A range of addresses on one network.
 *
 * @param network the network's id, "" for the default network
 */
public record NetworkRange(String network, AddressRange range) {

  public boolean contains(String onNetwork, IpAddress address) {
    return network.equals(onNetwork) && range.contains(address);
  }

  @Override
  public String toString() {
    return network + "/" + range;
  }
}
