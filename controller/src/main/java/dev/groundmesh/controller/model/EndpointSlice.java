package dev.groundmesh.controller.model;

import java.util.List;

/**
 * A part of a service's endpoints.
 *
 * @param service the name of the service it belongs to; empty: nobody's
 */
public record EndpointSlice(
    Metadata metadata, String service, List<Port> ports, List<Endpoint> endpoints)
    implements MeshObject {

  public EndpointSlice {
    ports = List.copyOf(ports);
    endpoints = List.copyOf(endpoints);
  }

  @Override
  public Kind kind() {
    return Kind.ENDPOINT_SLICE;
  }

  /** A port, TCP only. */
  public record Port(String name, int port) {}

  /**
   * An endpoint.
   *
   * @param pod the name of the pod it stands for, in the slice's namespace; empty: an address of
   *     its own
   */
  public record Endpoint(List<String> addresses, boolean ready, String pod) {

    public Endpoint {
      addresses = List.copyOf(addresses);
    }
  }
}
