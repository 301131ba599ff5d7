package dev.groundmesh.meshapi.model;

/** Whether a workload has a network namespace of its own. */
public enum NetworkMode {
  STANDARD,
  /** It has its node's addresses, so it cannot be told by them. */
  HOST_NETWORK
}
