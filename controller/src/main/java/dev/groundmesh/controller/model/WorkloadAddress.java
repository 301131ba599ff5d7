package dev.groundmesh.controller.model;

import java.util.Map;

/**
 * Where a workload outside Kubernetes is and who it is.
 *
 * @param address an IP address or a host name; empty: reachable through its network's gateway only
 * @param ports target ports by the name of the service's port
 * @param network empty: that of the cluster
 * @param locality {@code region/zone/subzone}; empty: unknown
 * @param weight for load balancing; 0: the default of one
 * @param serviceAccount empty: {@code default}
 */
public record WorkloadAddress(
    String address,
    Map<String, Integer> ports,
    String network,
    String locality,
    int weight,
    String serviceAccount) {

  public WorkloadAddress {
    ports = Map.copyOf(ports);
  }
}
