package dev.groundmesh.meshapi.model;

/** The ports on which a node agent listens in every pod that it captures. */
public final class MeshPorts {

  /** Captured outbound connections. */
  public static final int OUTBOUND = 15001;

  /** Captured inbound connections without a tunnel. */
  public static final int INBOUND_PLAINTEXT = 15006;

  /** HBONE tunnels; the only one that other pods connect to. */
  public static final int HBONE = 15008;

  private MeshPorts() {}

  /**
   * True for a port that no connection may be made to on a workload's behalf, as it would come back
   * to the agent.
   */
  public static boolean isOwn(int port) {
    return port == OUTBOUND || port == INBOUND_PLAINTEXT || port == HBONE;
  }
}
