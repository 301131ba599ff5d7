package dev.groundmesh.groundctl.analysis;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the mesh is set up, as far as what objects mean depends on it.
 *
 * @param rootNamespace where policies apply to the whole mesh
 * @param trustDomain of the mesh's identities
 * @param excludedNamespaces never enrolled
 * @param denyWhatL4CannotMatch the controller's setting of that name
 * @param complete whether the objects are all there are, as those of a cluster; else what is not
 *     among them may be elsewhere
 */
public record AnalysisSettings(
    String rootNamespace,
    String trustDomain,
    Set<String> excludedNamespaces,
    boolean denyWhatL4CannotMatch,
    boolean complete) {
  public AnalysisSettings {
    excludedNamespaces = Set.copyOf(excludedNamespaces);
  }

  /** What an installation into this namespace has unless told otherwise. */
  public static AnalysisSettings defaults(String rootNamespace, boolean complete) {
    return new AnalysisSettings(
        rootNamespace, "cluster.local", Set.of("kube-system", rootNamespace), true, complete);
  }

  /**
   * What a running controller is set to.
   *
   * @param environment of its container; what is not in it has its default
   */
  public static AnalysisSettings ofController(
      String rootNamespace, Map<String, String> environment, boolean complete) {
    Set<String> excluded = new TreeSet<>();
    for (String name :
        environment.getOrDefault("GROUNDMESH_EXCLUDED_NAMESPACES", "kube-system").split(",", -1)) {
      if (!name.isBlank()) {
        excluded.add(name.strip());
      }
    }
    excluded.add(rootNamespace);
    return new AnalysisSettings(
        rootNamespace,
        environment.getOrDefault("TRUST_DOMAIN", "cluster.local"),
        excluded,
        !"ignore".equals(environment.get("GROUNDMESH_L7_DENY")),
        complete);
  }
}
