package dev.groundmesh.ebpf;

/** What the programs count; each with its index in the map {@code counters}. */
public enum Counter {
  /** Connections that pods opened, led to the agent. */
  OUTBOUND_CAPTURED(0),
  /** Connections from outside led to the plaintext listener. */
  INBOUND_PLAINTEXT_CAPTURED(1),
  /** Connections from outside led to the HBONE listener. */
  INBOUND_HBONE_CAPTURED(2),
  /** Datagrams and connected UDP sockets to a DNS server led to the agent. */
  DNS_CAPTURED(3),
  /** The node's own connections to pods, which health checks are. */
  PROBES_LEFT_ALONE(4),
  /** Sockets whose binding to a device was lifted. */
  DEVICE_BINDINGS_LIFTED(5),
  /** Connections and datagrams let through because no agent was alive, in fail mode open. */
  FAILED_OPEN(6),
  /** Connections and datagrams refused; each is an event too. */
  REFUSED(7),
  /** Connections of the agent refused so that it tries another source port. */
  SOURCE_PORTS_TAKEN(8),
  /** Events that found no room. */
  EVENTS_LOST(9);

  private final int index;

  Counter(int index) {
    this.index = index;
  }

  /** The index in the map {@code counters}. */
  public int index() {
    return index;
  }
}
