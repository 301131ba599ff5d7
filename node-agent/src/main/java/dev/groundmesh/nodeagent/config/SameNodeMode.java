package dev.groundmesh.nodeagent.config;

/** How two enrolled pods of one node are joined. */
public enum SameNodeMode {
  /**
   * By one relay inside the agent, without TLS; policy and telemetry of both ends stay in force.
   */
  DIRECT,
  /** By an HBONE tunnel, as if they were on two nodes. */
  TUNNEL
}
