package dev.groundmesh.groundctl.analysis;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.model.WorkloadEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Selectors that no workload has the labels for. */
final class SelectorCheck implements Check {
  private static final int SHOWN = 5;

  @Override
  public void run(World world, Findings findings) {
    world
        .all(Service.class)
        .forEach(
            (source, service) -> {
              if (!service.externalName()) {
                check(world, source, "spec.selector", service.selector(), findings);
              }
            });
    world
        .all(ServiceEntry.class)
        .forEach(
            (source, entry) ->
                check(
                    world,
                    source,
                    "spec.workloadSelector.labels",
                    entry.workloadSelector().matchLabels(),
                    findings));
    world
        .all(AuthorizationPolicy.class)
        .forEach(
            (source, policy) ->
                check(world, source, "spec.selector.matchLabels", policy.selector(), findings));
    world
        .all(PeerAuthentication.class)
        .forEach(
            (source, policy) ->
                check(world, source, "spec.selector.matchLabels", policy.selector(), findings));
  }

  private static void check(
      World world,
      SourceObject source,
      String field,
      Map<String, String> selector,
      Findings findings) {
    if (selector.isEmpty()) {
      return;
    }
    String namespace = source.ref().namespace();
    boolean meshWide =
        source.ref().kind().equals("AuthorizationPolicy")
            && namespace.equals(world.settings().rootNamespace());
    List<Map<String, String>> candidates = new ArrayList<>();
    for (Workload workload : world.workloads()) {
      if (meshWide || workload.namespace().equals(namespace)) {
        candidates.add(workload.labels());
      }
    }
    for (WorkloadEntry entry : world.all(WorkloadEntry.class).values()) {
      if (meshWide || entry.metadata().namespace().equals(namespace)) {
        candidates.add(entry.metadata().labels());
      }
    }
    if (candidates.isEmpty() && !world.settings().complete()) {
      return;
    }
    if (candidates.stream()
        .noneMatch(labels -> labels.entrySet().containsAll(selector.entrySet()))) {
      findings.add(
          FindingCode.SELECTOR_MATCHES_NOTHING,
          source,
          field,
          new TreeMap<>(selector).toString(),
          expected(selector, candidates, meshWide ? "the mesh" : "namespace " + namespace));
    }
  }

  private static String expected(
      Map<String, String> selector, List<Map<String, String>> candidates, String where) {
    for (Map.Entry<String, String> label : new TreeMap<>(selector).entrySet()) {
      Set<String> there = new TreeSet<>();
      for (Map<String, String> labels : candidates) {
        String value = labels.get(label.getKey());
        if (value != null) {
          there.add(value);
        }
      }
      if (!there.contains(label.getValue()) && !there.isEmpty()) {
        List<String> shown = there.stream().limit(SHOWN).toList();
        return "labels of a workload of "
            + where
            + ", where "
            + label.getKey()
            + " is one of "
            + String.join(", ", shown)
            + (there.size() > SHOWN ? ", ..." : "");
      }
    }
    return "labels of a workload of " + where;
  }
}
