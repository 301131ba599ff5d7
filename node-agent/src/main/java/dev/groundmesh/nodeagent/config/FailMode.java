package dev.groundmesh.nodeagent.config;

/** What becomes of the connections of enrolled pods while no live agent serves them. */
public enum FailMode {
  /** They are denied at once; nothing leaves in plaintext. */
  CLOSED,
  /** They go to their destination directly, outside the mesh. */
  OPEN
}
