package dev.groundmesh.meshapi.model;

/** Whether a workload is ready to serve. */
public enum WorkloadStatus {
  HEALTHY,
  /** Not ready, or being deleted. */
  UNHEALTHY
}
