package dev.groundmesh.controller.model;

import java.util.List;
import java.util.Map;

/**
 * A Kubernetes service.
 *
 * @param externalName whether it is of type ExternalName, a DNS alias that the mesh leaves to DNS
 * @param selector of pods; empty: its endpoints are given by EndpointSlices
 * @param headless {@code clusterIP: None}
 * @param clusterIps empty for a headless service, and before one is assigned
 * @param localTrafficOnly {@code internalTrafficPolicy: Local}
 * @param trafficDistribution empty where not set
 * @param ipFamilies {@code IPv4} and {@code IPv6}, in the order of preference
 */
public record Service(
    Metadata metadata,
    boolean externalName,
    Map<String, String> selector,
    boolean headless,
    List<String> clusterIps,
    List<Port> ports,
    boolean localTrafficOnly,
    String trafficDistribution,
    boolean publishNotReadyAddresses,
    List<String> ipFamilies)
    implements MeshObject {

  public Service {
    selector = Map.copyOf(selector);
    clusterIps = List.copyOf(clusterIps);
    ports = List.copyOf(ports);
    ipFamilies = List.copyOf(ipFamilies);
  }

  @Override
  public Kind kind() {
    return Kind.SERVICE;
  }

  /**
   * A port.
   *
   * @param name empty where the only port has none
   * @param protocol {@code TCP}, {@code UDP} or {@code SCTP}
   * @param appProtocol empty where not set
   * @param targetPort 0 where it is named
   * @param targetPortName empty where it is a number
   */
  public record Port(
      String name,
      String protocol,
      String appProtocol,
      int port,
      int targetPort,
      String targetPortName) {}
}
