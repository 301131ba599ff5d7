package dev.groundmesh.controller.status;

import java.util.List;

/**
 * What is told about one object.
 *
 * @param kind such as {@code AuthorizationPolicy}
 * @param namespace empty for cluster-scoped kinds
 * @param contentHash hash of the object's content that the conditions speak of (the part of {@code
 *     observedGeneration})
 * @param conditions by type, no two alike
 * @param addresses such as the automatic addresses of a ServiceEntry
 */
public record ObjectStatus(
    String kind,
    String namespace,
    String name,
    String contentHash,
    List<Condition> conditions,
    List<String> addresses) {

  public ObjectStatus {
    conditions = List.copyOf(conditions);
    addresses = List.copyOf(addresses);
  }
}
