package dev.groundmesh.controller.model;

/** A node; its labels say where it stands. */
public record Node(Metadata metadata) implements MeshObject {

  @Override
  public Kind kind() {
    return Kind.NODE;
  }
}
