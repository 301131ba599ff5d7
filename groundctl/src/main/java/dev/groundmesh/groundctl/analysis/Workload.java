package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A pod, or what a template would make, with what the mesh makes of it.
 *
 * @param source the pod, or the object whose template it comes from
 * @param pod as the controller reads it
 * @param meshed whether it is in the mesh
 * @param policies the names of the policies that it lists, converted ones included
 * @param services {@code namespace/hostname} of the services that it is behind
 */
record Workload(
    SourceObject source, Pod pod, boolean meshed, List<String> policies, Set<String> services) {
  Workload {
    policies = List.copyOf(policies);
    services = Set.copyOf(services);
  }

  String namespace() {
    return pod.metadata().namespace();
  }

  Map<String, String> labels() {
    return pod.metadata().labels();
  }

  boolean has(Map<String, String> selector) {
    return labels().entrySet().containsAll(selector.entrySet());
  }

  @Override
  public String toString() {
    return source.ref().toString();
  }
}
