package dev.groundmesh.ebpf;

/** Why a program refused a connection or a datagram. */
public enum Refusal {
  /** The pod connects, and the agent has no listener: it is not running. */
  OUTBOUND_AGENT_GONE(1),
  /** The pod connects, and the agent's heartbeat is late: it hangs. */
  OUTBOUND_AGENT_HUNG(2),
  /** A connection arrives, and the agent has no listener. */
  INBOUND_AGENT_GONE(3),
  /** A connection arrives, and the agent's heartbeat is late. */
  INBOUND_AGENT_HUNG(4),
  /** The socket is bound to a device, and the binding cannot be lifted. */
  BOUND_TO_DEVICE(5),
  /** The kernel refused the mark that leads the connection to the agent. */
  NOT_MARKED(6),
  /** The pod connects to one of the agent's own listeners. */
  AGENT_PORT(7),
  /** The pod asks a DNS server, and the agent is gone or hangs. */
  DNS_AGENT_GONE(8);

  private final int number;

  Refusal(int number) {
    this.number = number;
  }

  /** The number in an event. */
  public int number() {
    return number;
  }

  static Refusal of(int number) {
    for (Refusal refusal : values()) {
      if (refusal.number == number) {
        return refusal;
      }
    }
    throw new IllegalArgumentException(
        "refusal: " + number + " (expected: 1 to " + values().length + ")");
  }
}
