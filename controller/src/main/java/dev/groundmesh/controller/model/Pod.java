package dev.groundmesh.controller.model;

import java.util.List;
import java.util.Map;

/**
 * A pod.
 *
 * @param workloadName of the owner as Istio derives it (Deployment, Job, ...), or the pod's own
 *     name
 * @param node empty until scheduled
 * @param serviceAccount never empty
 * @param namedPorts container ports by name, TCP only
 * @param addresses of its status; empty until it has some
 * @param terminal whether it has ended for good (phase Succeeded or Failed)
 * @param ready whether it takes traffic: its Ready condition, and not being deleted
 */
public record Pod(
    Metadata metadata,
    String workloadName,
    String node,
    String serviceAccount,
    boolean hostNetwork,
    Map<String, Integer> namedPorts,
    List<String> addresses,
    boolean terminal,
    boolean ready)
    implements MeshObject {

  public Pod {
    namedPorts = Map.copyOf(namedPorts);
    addresses = List.copyOf(addresses);
  }

  @Override
  public Kind kind() {
    return Kind.POD;
  }
}
