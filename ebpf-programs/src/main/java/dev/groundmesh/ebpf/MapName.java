package dev.groundmesh.ebpf;

import java.util.Locale;

/** The maps that the programs of the node and of all its pods share. */
public enum MapName {
  NODE_CONFIG,
  HEARTBEAT,
  PODS,
  POD_ADDRESSES,
  NODE_PODS,
  VIRTUAL_INTERFACES,
  LISTENERS,
  COUNTERS,
  EVENTS,
  /** Of the node's programs alone. */
  DNS_SERVERS;

  /** The name in the object. */
  public String mapName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
