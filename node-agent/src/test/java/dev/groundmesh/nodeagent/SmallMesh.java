package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
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
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes snapshots of a few pods and services of namespace shop. */
public final class SmallMesh {
  private final List<Update<Workload>> workloads = new ArrayList<>();
  private final List<Update<Service>> services = new ArrayList<>();
  private final List<Update<AuthorizationPolicy>> policies = new ArrayList<>();

  /** An enrolled pod. */
  public static Workload.Builder pod(String name, String... addresses) {
    return Workload.builder(
            "Kubernetes//Pod/shop/" + name, new SpiffeId("cluster.local", "shop", name))
        .name(name)
        .tunnelProtocol(TunnelProtocol.HBONE)
        .addresses(Arrays.stream(addresses).map(IpAddress::parse).toList());
  }

  /** A Kubernetes Service whose port 80 is its endpoints' 8080; headless without VIPs. */
  public static Service.Builder service(String name, String... vips) {
    return Service.builder(key(name))
        .name(name)
        .canonical(true)
        .vips(Arrays.stream(vips).map(vip -> new NetworkAddress("", IpAddress.parse(vip))).toList())
        .ports(ports());
  }

  public static ServiceMembership endpointOf(String service) {
    return new ServiceMembership(key(service), ports());
  }

  private static NamespacedHostname key(String service) {
    return new NamespacedHostname("shop", service + ".shop.svc.cluster.local");
  }

  private static PortMap ports() {
    return PortMap.of(new Port(80, 8080, AppProtocol.UNKNOWN));
  }

  public SmallMesh with(Workload.Builder workload) {
    workloads.add(new Update<>(workload.build(), ""));
    return this;
  }

  public SmallMesh with(Service.Builder service) {
    services.add(new Update<>(service.build(), ""));
    return this;
  }

  public SmallMesh with(AuthorizationPolicy policy) {
    policies.add(new Update<>(policy, ""));
    return this;
  }

  public MeshSnapshot snapshot() {
    return new MeshStore(MeshSnapshot.EMPTY)
        .apply(new MeshDelta(workloads, services, policies, List.of(), List.of(), List.of()))
        .after();
  }
}
