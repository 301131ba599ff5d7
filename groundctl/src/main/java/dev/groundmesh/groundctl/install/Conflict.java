package dev.groundmesh.groundctl.install;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Something in the cluster that does the mesh's work.
 *
 * @param what the object, and what it does, in words
 * @param bearable whether the mesh may be installed alongside, for namespaces of its own
 */
public record Conflict(String what, boolean bearable) {
  /**
   * What a DaemonSet is to a mesh.
   *
   * @param namespace where the mesh is to be
   */
  static Optional<Conflict> of(DaemonSet one, String namespace) {
    Map<String, String> labels =
        Objects.requireNonNullElse(one.getMetadata().getLabels(), Map.of());
    String name = one.getMetadata().getName();
    boolean ours = MeshManifests.PROJECT.equals(labels.get(MeshManifests.PART_OF));
    if (ours && !one.getMetadata().getNamespace().equals(namespace)) {
      return Optional.of(always(one, "another Groundmesh"));
    }
    if (!ours && (name.equals("ztunnel") || "ztunnel".equals(labels.get("app")))) {
      return Optional.of(always(one, "Istio's node proxy captures the same pods"));
    }
    if (name.equals("istio-cni-node") || "istio-cni-node".equals(labels.get("k8s-app"))) {
      return Optional.of(withIstio(one, "Istio's CNI plugin enrols the same pods"));
    }
    return Optional.empty();
  }

  /** What the Service is that has the name of Istio's control plane. */
  static Optional<Conflict> of(Service alias) {
    return MeshManifests.isOurs(alias)
        ? Optional.empty()
        : Optional.of(withIstio(alias, "Istio's control plane has the name"));
  }

  private static Conflict always(HasMetadata object, String why) {
    return new Conflict(MeshManifests.name(object) + ": " + why, false);
  }

  private static Conflict withIstio(HasMetadata object, String why) {
    return new Conflict(MeshManifests.name(object) + ": " + why, true);
  }
}
