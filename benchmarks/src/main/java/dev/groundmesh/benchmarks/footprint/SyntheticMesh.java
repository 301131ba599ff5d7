package dev.groundmesh.benchmarks.footprint;

import com.google.protobuf.Any;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.wire.WireWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A mesh as a control plane would send it: as many deployments as services, in namespaces of
 * twenty, their pods spread over nodes of fifty.
 */
public final class SyntheticMesh {

  private static final String TRUST_DOMAIN = "cluster.local";
  private static final int SERVICES_PER_NAMESPACE = 20;
  private static final int PODS_PER_NODE = 50;

  private final int workloads;
  private final int services;

  private SyntheticMesh(int workloads, int services) {
    this.workloads = workloads;
    this.services = services;
  }

  /**
   * Writes the encoded responses that carry the whole mesh into a directory.
   *
   * <p>Arguments: directory, workloads, services, the most resources of a response.
   */
  public static void main(String[] args) throws IOException {
    new SyntheticMesh(Integer.parseInt(args[1]), Integer.parseInt(args[2]))
        .write(Files.createDirectories(Path.of(args[0])), Integer.parseInt(args[3]));
  }

  private void write(Path directory, int limit) throws IOException {
    int written = 0;
    DeltaDiscoveryResponse.Builder response = newResponse();
    for (int i = 0; i < services + workloads; i++) {
      response.addResources(i < services ? serviceResource(i) : workloadResource(i - services));
      if (response.getResourcesCount() == limit || i == services + workloads - 1) {
        Files.write(directory.resolve("response-" + written++), response.build().toByteArray());
        response = newResponse();
      }
    }
  }

  private static DeltaDiscoveryResponse.Builder newResponse() {
    return DeltaDiscoveryResponse.newBuilder().setTypeUrl(ResourceType.ADDRESS.typeUrl());
  }

  private Resource serviceResource(int index) {
    Service service =
        Service.builder(key(index))
            .name(deployment(index))
            .canonical(true)
            .vips(List.of(new NetworkAddress("", new IpAddress.V4(0x0a600000 + index))))
            .ports(ports())
            .build();
    return resource(service.key().toString(), WireWriter.address(service));
  }

  private Resource workloadResource(int index) {
    int owner = index % services;
    String name = deployment(owner) + "-7d9f6c9b5d-" + Integer.toString(index + 100_000, 36);
    String uid = "Kubernetes//Pod/" + namespace(owner) + "/" + name;
    Workload workload =
        Workload.builder(uid, new SpiffeId(TRUST_DOMAIN, namespace(owner), deployment(owner)))
            .name(name)
            .addresses(List.of(new IpAddress.V4(0x0a000000 + index)))
            .tunnelProtocol(TunnelProtocol.HBONE)
            .node("node-" + index / PODS_PER_NODE)
            .clusterId("Kubernetes")
            .locality(new Locality("eu-west-1", "eu-west-1" + (char) ('a' + index % 3), ""))
            .canonicalName(deployment(owner))
            .canonicalRevision("v1")
            .workloadName(deployment(owner))
            .services(List.of(new ServiceMembership(key(owner), ports())))
            .build();
    return resource(uid, WireWriter.address(workload));
  }

  private static Resource resource(String name, Address address) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(Integer.toHexString(address.hashCode()) + Integer.toHexString(name.hashCode()))
        .setResource(
            Any.newBuilder()
                .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                .setValue(address.toByteString()))
        .build();
  }

  private static PortMap ports() {
    return PortMap.of(
        new Port(80, 8080, AppProtocol.HTTP11), new Port(9090, 9090, AppProtocol.TCP));
  }

  private static String namespace(int service) {
    return "team-" + service / SERVICES_PER_NAMESPACE;
  }

  private static String deployment(int service) {
    return "service-" + service;
  }

  private static NamespacedHostname key(int service) {
    return new NamespacedHostname(
        namespace(service), deployment(service) + "." + namespace(service) + ".svc.cluster.local");
  }
}
