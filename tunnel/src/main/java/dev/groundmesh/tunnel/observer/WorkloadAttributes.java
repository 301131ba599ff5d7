package dev.groundmesh.tunnel.observer;

import org.jspecify.annotations.Nullable;

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

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof WorkloadAttributes attributes
            && podName.equals(attributes.podName)
            && workloadName.equals(attributes.workloadName)
            && namespace.equals(attributes.namespace)
            && canonicalService.equals(attributes.canonicalService)
            && canonicalRevision.equals(attributes.canonicalRevision)
            && cluster.equals(attributes.cluster)
            && region.equals(attributes.region)
            && zone.equals(attributes.zone));
  }

  /** Of what tells workloads apart; the rest hardly ever does. */
  @Override
  public int hashCode() {
    return (podName.hashCode() * 31 + namespace.hashCode()) * 31 + cluster.hashCode();
  }
}
