package dev.groundmesh.groundctl.analysis;

import java.util.Set;

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
}
