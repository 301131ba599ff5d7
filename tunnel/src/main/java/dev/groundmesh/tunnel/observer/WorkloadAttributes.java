package dev.groundmesh.tunnel.observer;

/**
 * What telemetry says of one end of a connection, whether it is known from the control plane or
 * from baggage. Unknown values are empty, never null. One instance is shared by all connections of
 * a workload.
 *
 * @param podName the workload's own name
 * @param workloadName the name of what it belongs to, for example of its Deployment
 * @param namespace of the workload
 * @param canonicalService the canonical service; the {@code app} labels too
 * @param canonicalRevision the canonical revision; the {@code version} labels too
 * @param cluster id of the cluster
 * @param region of its locality
 * @param zone of its locality
 */
public record WorkloadAttributes(
    String podName,
    String workloadName,
    String namespace,
    String canonicalService,
    String canonicalRevision,
    String cluster,
    String region,
    String zone) {

  public static final WorkloadAttributes UNKNOWN =
      new WorkloadAttributes("", "", "", "", "", "", "", "");
}
