package dev.groundmesh.controller.model;

/**
 * A class of gateways.
 *
 * @param controllerName who serves gateways of the class; {@code istio.io/mesh-controller} for
 *     waypoints
 */
public record GatewayClass(Metadata metadata, String controllerName) implements MeshObject {

  @Override
  public Kind kind() {
    return Kind.GATEWAY_CLASS;
  }
}
