package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.PeerAuthentication;
import java.util.List;
import java.util.Map;

/** The workloads that a policy is for, in the mesh or not. */
final class Reach {
  private Reach() {}

  static List<Workload> of(World world, AuthorizationPolicy policy) {
    return policy.targets().isEmpty()
        ? of(world, policy.metadata().namespace(), policy.selector(), true)
        : List.of();
  }

  /** One with a selector speaks for its own namespace only, the root namespace included. */
  static List<Workload> of(World world, PeerAuthentication policy) {
    return of(world, policy.metadata().namespace(), policy.selector(), policy.selector().isEmpty());
  }

  private static List<Workload> of(
      World world, String namespace, Map<String, String> selector, boolean rootIsMesh) {
    boolean all = rootIsMesh && namespace.equals(world.settings().rootNamespace());
    return world.workloads().stream()
        .filter(workload -> all || workload.namespace().equals(namespace))
        .filter(workload -> workload.has(selector))
        .toList();
  }
}
