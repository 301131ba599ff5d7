package dev.groundmesh.ebpf;

/** What one of the agent's sockets in a pod's network namespace is for. */
public enum ListenerKind {
  /** TCP connections that the pod opens, and those that arrive on rerouted virtual interfaces. */
  OUTBOUND(1),
  /** TCP connections from other machines and pods, except those to port 15008. */
  INBOUND_PLAINTEXT(2),
  /** TCP connections from other machines and pods to port 15008. */
  INBOUND_HBONE(3),
  /** TCP connections that the pod opens to port 53, where DNS is captured. */
  DNS_TCP(4),
  /**
   * Datagrams that the pod sends to port 53, where DNS is captured; a UDP socket, found by its
   * address.
   */
  DNS_UDP(5);

  private final int number;

  ListenerKind(int number) {
    this.number = number;
  }

  /** The number in the key of the map {@code listeners}. */
  public int number() {
    return number;
  }
}
