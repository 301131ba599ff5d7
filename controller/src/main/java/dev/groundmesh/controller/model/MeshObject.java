package dev.groundmesh.controller.model;

/** An object of the user's, with what the mesh uses of it. Immutable. */
public sealed interface MeshObject
    permits AuthorizationPolicy,
        EndpointSlice,
        Gateway,
        GatewayClass,
        Namespace,
        Node,
        PeerAuthentication,
        Pod,
        Service,
        ServiceAccount,
        ServiceEntry,
        WorkloadEntry {

  Metadata metadata();

  Kind kind();

  default ObjectKey key() {
    return new ObjectKey(kind(), metadata().namespace(), metadata().name());
  }
}
