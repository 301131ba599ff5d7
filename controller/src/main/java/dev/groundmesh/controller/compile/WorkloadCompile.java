package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import com.google.protobuf.UInt32Value;
import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.model.WorkloadAddress;
import dev.groundmesh.controller.model.WorkloadEntry;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.ApplicationTunnel;
import dev.groundmesh.meshapi.proto.workload.GatewayAddress;
import dev.groundmesh.meshapi.proto.workload.Locality;
import dev.groundmesh.meshapi.proto.workload.NetworkMode;
import dev.groundmesh.meshapi.proto.workload.Port;
import dev.groundmesh.meshapi.proto.workload.PortList;
import dev.groundmesh.meshapi.proto.workload.TunnelProtocol;
import dev.groundmesh.meshapi.proto.workload.Workload;
import dev.groundmesh.meshapi.proto.workload.WorkloadStatus;
import dev.groundmesh.meshapi.proto.workload.WorkloadType;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Workloads as agents are told of them. Pure over what it is given. */
final class WorkloadCompile {

  private static final String DEFAULT_TRUST_DOMAIN = "cluster.local";
  private static final List<String> NAME_LABELS =
      List.of("service.istio.io/canonical-name", "app.kubernetes.io/name", "app");
  private static final List<String> REVISION_LABELS =
      List.of("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version");

  private final CompileSettings settings;
  private final Encoder encoder;

  WorkloadCompile(CompileSettings settings, Encoder encoder) {
    this.settings = settings;
    this.encoder = encoder;
  }

  /**
   * What a workload has from elsewhere.
   *
   * @param applicationTunnel for an instance of a waypoint; null: none
   * @param policies that it lists, in order
   */
  record Surroundings(
      List<ServiceView> services,
      WaypointBinding waypoint,
      @Nullable ApplicationTunnel applicationTunnel,
      List<String> policies) {}

  String podUid(String namespace, String name) {
    return settings.clusterId() + "//Pod/" + namespace + '/' + name;
  }

  CompiledResource pod(Pod pod, boolean enrolled, @Nullable Node node, Surroundings surroundings) {
    Metadata metadata = pod.metadata();
    String network = metadata.label("topology.istio.io/network");
    Workload.Builder workload =
        workload(metadata, pod.workloadName(), surroundings)
            .setUid(podUid(metadata.namespace(), metadata.name()))
            .setName(metadata.name())
            .setNetwork(network == null ? settings.network() : network)
            .setServiceAccount(pod.serviceAccount())
            .setNode(pod.node())
            .setStatus(pod.ready() ? WorkloadStatus.HEALTHY : WorkloadStatus.UNHEALTHY);
    for (String address : pod.addresses()) {
      IpAddresses.parse(address)
          .ifPresent(bytes -> workload.addAddresses(ByteString.copyFrom(bytes)));
    }
    if (!settings.pendingUntilRedirected()) {
      if (enrolled) {
        workload.setTunnelProtocol(TunnelProtocol.HBONE);
      }
    } else if (!enrolled && !workload.getNativeTunnel()) {
      // The annotation outlives the label for a moment; peers are to stop before the node does.
      workload.setTunnelProtocol(TunnelProtocol.NONE);
    }
    if (pod.hostNetwork()) {
      workload.setNetworkMode(NetworkMode.HOST_NETWORK);
    }
    locality(node).ifPresent(workload::setLocality);
    addServices(workload, surroundings.services(), pod.namedPorts(), true);
    return encode(workload);
  }

  CompiledResource entry(WorkloadEntry entry, Surroundings surroundings) {
    Metadata metadata = entry.metadata();
    String group = metadata.annotation("istio.io/autoRegistrationGroup");
    String label = metadata.label("service.istio.io/workload-name");
    String workloadName = group != null ? group : label != null ? label : metadata.name();
    Workload.Builder workload =
        workload(metadata, workloadName, surroundings)
            .setUid(
                settings.clusterId()
                    + "/networking.istio.io/WorkloadEntry/"
                    + metadata.namespace()
                    + '/'
                    + metadata.name())
            .setName(metadata.name());
    at(workload, entry.at());
    addServices(workload, surroundings.services(), entry.at().ports(), false);
    return encode(workload);
  }

  /** An endpoint written into a service entry, or the host itself where DNS finds its endpoints. */
  CompiledResource endpoint(ServiceEntry entry, WorkloadAddress at, Surroundings surroundings) {
    Metadata metadata = entry.metadata();
    Workload.Builder workload =
        workload(metadata, metadata.name(), surroundings)
            .setUid(
                settings.clusterId()
                    + "/networking.istio.io/ServiceEntry/"
                    + metadata.namespace()
                    + '/'
                    + metadata.name()
                    + '/'
                    + at.address())
            .setName(metadata.name());
    at(workload, at);
    addServices(workload, surroundings.services(), at.ports(), false);
    return encode(workload);
  }

  /** An address of an endpoint slice that stands for no pod; others may share it. */
  CompiledResource endpoint(
      EndpointSlice slice, EndpointSlice.Endpoint endpoint, Service service, String host) {
    Metadata metadata = slice.metadata();
    PortList.Builder ports = PortList.newBuilder();
    for (EndpointSlice.Port port : slice.ports()) {
      for (Service.Port servicePort : service.ports()) {
        if (servicePort.name().equals(port.name())) {
          ports.addPorts(
              Port.newBuilder().setServicePort(servicePort.port()).setTargetPort(port.port()));
          break;
        }
      }
    }
    Workload.Builder workload =
        Workload.newBuilder()
            .setUid(
                settings.clusterId()
                    + "/discovery.k8s.io/EndpointSlice/"
                    + metadata.namespace()
                    + '/'
                    + metadata.name()
                    + '/'
                    + endpoint.addresses().getFirst())
            .setName(metadata.name())
            .setNamespace(metadata.namespace())
            .setNetwork(settings.network())
            .setTrustDomain(trustDomain())
            .setClusterId(settings.clusterId())
            .setNetworkMode(NetworkMode.HOST_NETWORK)
            .setStatus(endpoint.ready() ? WorkloadStatus.HEALTHY : WorkloadStatus.UNHEALTHY)
            .putServices(metadata.namespace() + '/' + host, ports.build());
    for (String address : endpoint.addresses()) {
      IpAddresses.parse(address)
          .ifPresent(bytes -> workload.addAddresses(ByteString.copyFrom(bytes)));
    }
    return encode(workload);
  }

  private Workload.Builder workload(
      Metadata metadata, String workloadName, Surroundings surroundings) {
    Workload.Builder workload =
        Workload.newBuilder()
            .setNamespace(metadata.namespace())
            .setNetwork(settings.network())
            .setTrustDomain(trustDomain())
            .setClusterId(settings.clusterId())
            .setWorkloadType(WorkloadType.POD)
            .setWorkloadName(workloadName)
            .setCanonicalName(first(metadata, NAME_LABELS, workloadName))
            .setCanonicalRevision(first(metadata, REVISION_LABELS, "latest"))
            .addAllAuthorizationPolicies(surroundings.policies());
    GatewayAddress waypoint = surroundings.waypoint().address();
    if (waypoint != null) {
      workload.setWaypoint(waypoint);
    }
    if (surroundings.applicationTunnel() != null) {
      workload.setApplicationTunnel(surroundings.applicationTunnel());
    }
    if ("enabled".equals(metadata.annotation("ambient.istio.io/redirection"))) {
      workload.setTunnelProtocol(TunnelProtocol.HBONE);
    }
    String tunnels = metadata.label("networking.istio.io/tunnel");
    if (tunnels != null && List.of(tunnels.split(",", -1)).contains("http")) {
      workload.setTunnelProtocol(TunnelProtocol.HBONE).setNativeTunnel(true);
    }
    return workload;
  }

  private void at(Workload.Builder workload, WorkloadAddress at) {
    IpAddresses.parse(at.address())
        .ifPresentOrElse(
            bytes -> workload.addAddresses(ByteString.copyFrom(bytes)),
            () -> workload.setHostname(at.address()));
    if (!at.network().isEmpty()) {
      workload.setNetwork(at.network());
    }
    workload.setServiceAccount(at.serviceAccount());
    if (at.weight() > 0) {
      workload.setCapacity(UInt32Value.of(at.weight()));
    }
    if (!at.locality().isEmpty()) {
      String[] parts = at.locality().split("/", -1);
      workload.setLocality(
          Locality.newBuilder()
              .setRegion(parts[0])
              .setZone(parts.length > 1 ? parts[1] : "")
              .setSubzone(parts.length > 2 ? parts[2] : ""));
    }
  }

  private static void addServices(
      Workload.Builder workload,
      List<ServiceView> services,
      Map<String, Integer> ports,
      boolean pod) {
    for (ServiceView service : services) {
      workload.putServices(service.name(), service.on(ports, pod));
    }
  }

  /** Empty on the wire is the default domain. */
  private String trustDomain() {
    return settings.trustDomain().equals(DEFAULT_TRUST_DOMAIN) ? "" : settings.trustDomain();
  }

  private static String first(Metadata metadata, List<String> labels, String otherwise) {
    for (String label : labels) {
      String value = metadata.label(label);
      if (value != null) {
        return value;
      }
    }
    return otherwise;
  }

  static Optional<Locality> locality(@Nullable Node node) {
    if (node == null) {
      return Optional.empty();
    }
    Metadata metadata = node.metadata();
    Locality locality =
        Locality.newBuilder()
            .setRegion(
                first(
                    metadata,
                    List.of(
                        "topology.kubernetes.io/region",
                        "failure-domain.beta.kubernetes.io/region"),
                    ""))
            .setZone(
                first(
                    metadata,
                    List.of(
                        "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"),
                    ""))
            .setSubzone(first(metadata, List.of("topology.istio.io/subzone"), ""))
            .build();
    return locality.equals(Locality.getDefaultInstance())
        ? Optional.empty()
        : Optional.of(locality);
  }

  private CompiledResource encode(Workload.Builder workload) {
    List<String> aliases = new ArrayList<>(workload.getAddressesCount());
    for (ByteString address : workload.getAddressesList()) {
      aliases.add(workload.getNetwork() + '/' + IpAddresses.format(address.toByteArray()));
    }
    return encoder.encode(
        ResourceType.ADDRESS,
        workload.getUid(),
        Address.newBuilder().setWorkload(workload).build(),
        List.copyOf(aliases),
        null);
  }
}
