package dev.groundmesh.meshapi.model;

/**
 * Whether the pods of a namespace are in the mesh unless they say otherwise.
 *
 * @param ambient false also for a namespace that is excluded from the mesh
 */
public record NamespaceEnrolment(String name, boolean ambient) {
  public NamespaceEnrolment {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: (empty) (expected: a namespace)");
    }
  }
}
