package dev.groundmesh.controller.model;

/** A service account: the identity of pods. */
public record ServiceAccount(Metadata metadata) implements MeshObject {

  @Override
  public Kind kind() {
    return Kind.SERVICE_ACCOUNT;
  }
}
