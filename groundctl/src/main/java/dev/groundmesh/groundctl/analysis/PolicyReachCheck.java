package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.AuthorizationPolicy.Action;
import dev.groundmesh.controller.model.AuthorizationPolicy.Rule;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.PeerAuthentication.Mode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Who a policy is for: those outside of the mesh, where nothing enforces it, or too many. */
final class PolicyReachCheck implements Check {
  private static final Rule EVERYTHING = new Rule(List.of(), List.of(), List.of());

  @Override
  public void run(World world, Findings findings) {
    world
        .all(AuthorizationPolicy.class)
        .forEach(
            (source, policy) -> {
              List<Workload> reached = Reach.of(world, policy);
              outsideMesh(world, source, reached, !policy.selector().isEmpty(), findings);
              breadth(world, source, policy, reached, findings);
            });
    world
        .all(PeerAuthentication.class)
        .forEach(
            (source, policy) -> {
              if (policy.mode() == Mode.STRICT || policy.portLevel().containsValue(Mode.STRICT)) {
                outsideMesh(
                    world, source, Reach.of(world, policy), !policy.selector().isEmpty(), findings);
              }
            });
  }

  private static void outsideMesh(
      World world,
      SourceObject source,
      List<Workload> reached,
      boolean selects,
      Findings findings) {
    // A policy for the whole mesh says nothing of who is outside of it.
    if (!selects && source.ref().namespace().equals(world.settings().rootNamespace())) {
      return;
    }
    List<Workload> outside = reached.stream().filter(workload -> !workload.meshed()).toList();
    if (!outside.isEmpty()) {
      findings.add(
          FindingCode.POLICY_OUTSIDE_MESH,
          source,
          selects ? "spec.selector" : "metadata.namespace",
          Names.of(outside),
          "workloads in the mesh, by label istio.io/dataplane-mode: ambient and without host"
              + " network or sidecar");
    }
  }

  private static void breadth(
      World world,
      SourceObject source,
      AuthorizationPolicy policy,
      List<Workload> reached,
      Findings findings) {
    if (!policy.targets().isEmpty()) {
      return;
    }
    boolean matchesAll = policy.rules().contains(EVERYTHING);
    if ((policy.action() == Action.ALLOW && policy.rules().isEmpty())
        || (policy.action() == Action.DENY && matchesAll)) {
      findings.add(
          FindingCode.POLICY_DENIES_ALL,
          source,
          "spec.rules",
          policy.rules().isEmpty() ? "no rule" : "a rule without conditions",
          "rules that say whom to " + policy.action() + ", unless all are to be refused");
    }
    if (policy.action() == Action.ALLOW && matchesAll) {
      findings.add(
          FindingCode.POLICY_ALLOWS_ALL,
          source,
          "spec.rules",
          "a rule without conditions",
          "rules that say whom to allow, unless all are to be let in, plaintext included");
    }
    Set<String> namespaces = new TreeSet<>();
    reached.forEach(workload -> namespaces.add(workload.namespace()));
    if (!policy.selector().isEmpty()
        && policy.metadata().namespace().equals(world.settings().rootNamespace())
        && namespaces.size() > 1) {
      findings.add(
          FindingCode.POLICY_REACHES_NAMESPACES,
          source,
          "spec.selector",
          Names.of(List.copyOf(namespaces)),
          "that all of these are meant: a policy of namespace "
              + world.settings().rootNamespace()
              + " selects in every namespace");
    }
  }
}
