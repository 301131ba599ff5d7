package dev.groundmesh.controller.status;

import java.util.List;

/**
 * What is told about one object.
 *
 * @param kind such as {@code AuthorizationPolicy}
 * @param namespace empty for cluster-scoped kinds
 * @param contentHash hash of the object's content that the conditions speak of (the part of {@code
 *     observedGeneration})
 * @param uid the API server's name for the object; empty where unknown
 * @param generation the same as {@code contentHash} where the API server counts; else 0
 * @param conditions by type, no two alike
 * @param addresses such as the automatic addresses of a ServiceEntry
 */
public record ObjectStatus(
    String kind,
    String namespace,
    String name,
    String contentHash,
    String uid,
    long generation,
    List<Condition> conditions,
    List<String> addresses) {

  public ObjectStatus {
    conditions = List.copyOf(conditions);
    addresses = List.copyOf(addresses);
  }
}
