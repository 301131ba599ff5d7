package dev.groundmesh.ebpf;

/** What the programs count; the ordinal is the index in the map {@code counters}. */
public enum Counter {
  /** Connections that pods opened, led to the agent. */
  OUTBOUND_CAPTURED,
  /** Connections from outside led to the plaintext listener. */
  INBOUND_PLAINTEXT_CAPTURED,
  /** Connections from outside led to the HBONE listener. */
  INBOUND_HBONE_CAPTURED,
  /** Datagrams and connected UDP sockets to a DNS server led to the agent. */
  DNS_CAPTURED,
  /** The node's own connections to pods, which health checks are. */
  PROBES_LEFT_ALONE,
  /** Sockets whose binding to a device was lifted. */
  DEVICE_BINDINGS_LIFTED,
  /** Connections and datagrams let through because no agent was alive, in fail mode open. */
  FAILED_OPEN,
  /** Connections and datagrams refused; each is an event too. */
  REFUSED,
  /** Connections of the agent refused so that it tries another source port. */
  SOURCE_PORTS_TAKEN,
  /** Events that found no room. */
  EVENTS_LOST
}
