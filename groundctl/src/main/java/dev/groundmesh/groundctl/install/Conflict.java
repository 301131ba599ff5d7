package dev.groundmesh.groundctl.install;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Something in the cluster that does the mesh's work.
 *
 * @param what the object, and what it does, in words
 * @param bearable whether the mesh may be installed alongside, for namespaces of its own
 */
public record Conflict(String what, boolean bearable) {
  static Conflict always(HasMetadata object, String why) {
    return new Conflict(MeshManifests.name(object) + ": " + why, false);
  }

  static Conflict withIstio(HasMetadata object, String why) {
    return new Conflict(MeshManifests.name(object) + ": " + why, true);
  }
}
