package dev.groundmesh.controller.model;

/** A namespace; its labels and annotations are defaults for what is in it. */
public record Namespace(Metadata metadata) implements MeshObject {

  @Override
  public Kind kind() {
    return Kind.NAMESPACE;
  }
}
