package dev.groundmesh.meshapi.model;

/** What kind of object made a workload; for telemetry. */
public enum WorkloadType {
  DEPLOYMENT,
  CRONJOB,
  POD,
  JOB
}
