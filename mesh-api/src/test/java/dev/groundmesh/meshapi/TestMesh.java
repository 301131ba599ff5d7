package dev.groundmesh.meshapi;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Removal;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds small meshes for tests. */
public final class TestMesh {

  private final List<Update<Workload>> workloads = new ArrayList<>();
  private final List<Update<Service>> services = new ArrayList<>();
  private final List<Update<AuthorizationPolicy>> policies = new ArrayList<>();

  public static SpiffeId id(String namespace, String serviceAccount) {
    return new SpiffeId("cluster.local", namespace, serviceAccount);
  }

  public static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  /** An HBONE pod of namespace shop on the default network. */
  public static Workload.Builder pod(String name, String... addresses) {
    return Workload.builder("Kubernetes//Pod/shop/" + name, id("shop", name))
        .name(name)
        .tunnelProtocol(TunnelProtocol.HBONE)
        .addresses(Arrays.stream(addresses).map(IpAddress::parse).toList());
  }

  public static NamespacedHostname host(String namespace, String name) {
    return new NamespacedHostname(namespace, name + "." + namespace + ".svc.cluster.local");
  }

  /** A Kubernetes Service of namespace shop, port 80 to 8080, with its VIPs. */
  public static Service.Builder service(String name, String... vips) {
    return Service.builder(host("shop", name))
        .name(name)
        .canonical(true)
        .vips(Arrays.stream(vips).map(vip -> new NetworkAddress("", ip(vip))).toList())
        .ports(ports(80, 8080));
  }

  public static PortMap ports(int servicePort, int targetPort) {
    return PortMap.of(new Port(servicePort, targetPort, AppProtocol.UNKNOWN));
  }

  /** That a workload serves a service of namespace shop by the service's own port map. */
  public static ServiceMembership endpointOf(String service) {
    return new ServiceMembership(host("shop", service), ports(80, 8080));
  }

  public static GatewayAddress gateway(String service) {
    return new GatewayAddress(new GatewayAddress.ByHostname(host("shop", service)), 15008);
  }

  public TestMesh with(Workload.Builder workload) {
    workloads.add(new Update<>(workload.build(), ""));
    return this;
  }

  public TestMesh with(Service.Builder service) {
    services.add(new Update<>(service.build(), ""));
    return this;
  }

  public TestMesh with(AuthorizationPolicy policy) {
    policies.add(new Update<>(policy, ""));
    return this;
  }

  public MeshDelta delta() {
    return new MeshDelta(workloads, services, policies, List.of(), List.of(), List.of());
  }

  public MeshSnapshot snapshot() {
    return new MeshStore(MeshSnapshot.EMPTY).apply(delta()).after();
  }

  public static MeshDelta removal(ResourceType type, String... names) {
    return new MeshDelta(
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        Arrays.stream(names).map(name -> new Removal(type, name)).toList());
  }
}
