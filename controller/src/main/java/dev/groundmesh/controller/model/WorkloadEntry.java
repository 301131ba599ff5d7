package dev.groundmesh.controller.model;

/**
 * A workload outside Kubernetes, such as a virtual machine. Its labels are those of its metadata
 * and its spec together.
 */
public record WorkloadEntry(Metadata metadata, WorkloadAddress at) implements MeshObject {

  @Override
  public Kind kind() {
    return Kind.WORKLOAD_ENTRY;
  }
}
