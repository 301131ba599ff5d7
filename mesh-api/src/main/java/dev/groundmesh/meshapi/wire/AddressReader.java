package dev.groundmesh.meshapi.wire;

import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.model.WorkloadStatus;
import dev.groundmesh.meshapi.model.WorkloadType;
import dev.groundmesh.meshapi.proto.workload.PortList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads workloads and services. What can mislead traffic is refused; a value of a later version is
 * read so that nothing gets weaker: never plain text for a tunnel, never past a waypoint, never to
 * more clients.
 */
final class AddressReader {

  private final ResourceReader reader;

  AddressReader(ResourceReader reader) {
    this.reader = reader;
  }

  Workload workload(dev.groundmesh.meshapi.proto.workload.Workload proto)
      throws InvalidResourceException {
    String uid = reader.required("uid", proto.getUid());
    String name = proto.getName();
    Workload.Builder workload =
        Workload.builder(uid, identity(proto))
            .name(name)
            .addresses(addresses(proto.getAddressesList()))
            .hostname(lowerCase(proto.getHostname()))
            .network(reader.shared(proto.getNetwork()))
            .tunnelProtocol(tunnelProtocol(proto))
            .nativeTunnel(proto.getNativeTunnel())
            .node(reader.shared(proto.getNode()))
            .clusterId(reader.shared(proto.getClusterId()))
            .locality(locality(proto.getLocality()))
            .canonicalName(reader.shared(proto.getCanonicalName()))
            .canonicalRevision(reader.shared(proto.getCanonicalRevision()))
            .workloadType(workloadType(proto))
            .workloadName(workloadName(proto, name))
            .status(status(proto))
            .networkMode(networkMode(proto))
            .services(memberships(proto.getServicesMap()))
            .authorizationPolicies(
                reader.shared(List.copyOf(proto.getAuthorizationPoliciesList())));
    if (proto.hasWaypoint()) {
      workload.waypoint(gateway("waypoint", proto.getWaypoint()));
    }
    if (proto.hasNetworkGateway()) {
      workload.networkGateway(gateway("network_gateway", proto.getNetworkGateway()));
    }
    if (proto.hasCapacity()) {
      workload.capacity(Integer.toUnsignedLong(proto.getCapacity().getValue()));
    }
    if (proto.hasApplicationTunnel()) {
      workload.applicationTunnel(applicationTunnel(proto.getApplicationTunnel()));
    }
    return workload.build();
  }

  Service service(dev.groundmesh.meshapi.proto.workload.Service proto)
      throws InvalidResourceException {
    NamespacedHostname key = serviceKey(proto.getNamespace(), proto.getHostname());
    List<NetworkAddress> vips = new ArrayList<>();
    List<NetworkRange> ranges = new ArrayList<>();
    for (int i = 0; i < proto.getAddressesCount(); i++) {
      addServiceAddress("addresses[" + i + "]", proto.getAddresses(i), vips, ranges);
    }
    Service.Builder service =
        Service.builder(key)
            .name(proto.getName())
            .vips(vips)
            .vipRanges(ranges)
            .ports(ports("ports", proto.getPortsList()))
            .subjectAltNames(subjectAltNames(proto.getSubjectAltNamesList()))
            .loadBalancing(loadBalancing(proto.getLoadBalancing()))
            .ipFamilies(ipFamilies(proto))
            .canonical(proto.getCanonical())
            .ingressUseWaypoint(proto.getIngressUseWaypoint())
            .visibility(visibility(proto));
    if (proto.hasWaypoint()) {
      service.waypoint(gateway("waypoint", proto.getWaypoint()));
    }
    List<WeightedWaypoint> weighted = new ArrayList<>(proto.getWeightedWaypointsCount());
    for (int i = 0; i < proto.getWeightedWaypointsCount(); i++) {
      var each = proto.getWeightedWaypoints(i);
      weighted.add(
          new WeightedWaypoint(
              gateway("weighted_waypoints[" + i + "].destination", each.getDestination()),
              Integer.toUnsignedLong(each.getWeight())));
    }
    return service.weightedWaypoints(weighted).build();
  }

  private SpiffeId identity(dev.groundmesh.meshapi.proto.workload.Workload proto)
      throws InvalidResourceException {
    String namespace = reader.required("namespace", proto.getNamespace());
    String trustDomain = orDefault(proto.getTrustDomain(), Defaults.TRUST_DOMAIN);
    String serviceAccount = orDefault(proto.getServiceAccount(), Defaults.SERVICE_ACCOUNT);
    try {
      return reader.shared(
          new SpiffeId(
              reader.shared(trustDomain), reader.shared(namespace), reader.shared(serviceAccount)));
    } catch (IllegalArgumentException e) {
      throw reader.invalid("identity", e);
    }
  }

  /** A pod that nothing made is its own: such names do not repeat. */
  private String workloadName(
      dev.groundmesh.meshapi.proto.workload.Workload proto, String podName) {
    String name = proto.getWorkloadName();
    return name.equals(podName) ? podName : reader.shared(name);
  }

  private List<IpAddress> addresses(List<ByteString> bytes) throws InvalidResourceException {
    List<IpAddress> addresses = new ArrayList<>(bytes.size());
    for (int i = 0; i < bytes.size(); i++) {
      addresses.add(reader.address("addresses[" + i + "]", bytes.get(i)));
    }
    return addresses;
  }

  private void addServiceAddress(
      String field,
      dev.groundmesh.meshapi.proto.workload.NetworkAddress proto,
      List<NetworkAddress> vips,
      List<NetworkRange> ranges)
      throws InvalidResourceException {
    String network = reader.shared(proto.getNetwork());
    IpAddress address = reader.address(field + ".address", proto.getAddress());
    // A mapped IPv4 address has become IPv4, and the length counts its IPv6 form.
    int mappedBits = proto.getAddress().size() * 8 - address.bitLength();
    if (!proto.hasLength() || proto.getLength() - mappedBits == address.bitLength()) {
      vips.add(new NetworkAddress(network, address));
      return;
    }
    int length = proto.getLength() - mappedBits;
    if (proto.getLength() < 0 || length < 0 || length > address.bitLength()) {
      throw reader.invalid(
          field + ".length",
          Integer.toUnsignedString(proto.getLength()),
          mappedBits + " to " + (mappedBits + address.bitLength()));
    }
    ranges.add(new NetworkRange(network, new AddressRange(address, length)));
  }

  private NamespacedHostname serviceKey(String namespace, String hostname)
      throws InvalidResourceException {
    reader.required("namespace", namespace);
    reader.required("hostname", hostname);
    try {
      return reader.shared(
          new NamespacedHostname(reader.shared(namespace), reader.shared(lowerCase(hostname))));
    } catch (IllegalArgumentException e) {
      throw reader.invalid("service", e);
    }
  }

  private List<ServiceMembership> memberships(Map<String, PortList> services)
      throws InvalidResourceException {
    List<ServiceMembership> memberships = new ArrayList<>(services.size());
    for (Map.Entry<String, PortList> entry : services.entrySet()) {
      String field = "services[" + entry.getKey() + "]";
      NamespacedHostname key;
      try {
        key = NamespacedHostname.parse(entry.getKey());
      } catch (IllegalArgumentException e) {
        throw reader.invalid(field, entry.getKey(), "<namespace>/<hostname>");
      }
      memberships.add(
          new ServiceMembership(
              serviceKey(key.namespace(), key.hostname()),
              ports(field, entry.getValue().getPortsList())));
    }
    memberships.sort((a, b) -> a.service().toString().compareTo(b.service().toString()));
    return reader.shared(List.copyOf(memberships));
  }

  private PortMap ports(String field, List<dev.groundmesh.meshapi.proto.workload.Port> protos)
      throws InvalidResourceException {
    List<Port> ports = new ArrayList<>(protos.size());
    for (int i = 0; i < protos.size(); i++) {
      var proto = protos.get(i);
      String each = field + ".ports[" + i + "]";
      ports.add(
          new Port(
              reader.port(each + ".service_port", proto.getServicePort(), 1),
              reader.port(each + ".target_port", proto.getTargetPort(), 0),
              appProtocol(proto)));
    }
    return reader.shared(PortMap.of(ports));
  }

  private GatewayAddress gateway(
      String field, dev.groundmesh.meshapi.proto.workload.GatewayAddress proto)
      throws InvalidResourceException {
    int port = reader.port(field + ".hbone_mtls_port", proto.getHboneMtlsPort(), 0);
    GatewayAddress.Destination destination =
        switch (proto.getDestinationCase()) {
          case HOSTNAME ->
              new GatewayAddress.ByHostname(
                  serviceKey(
                      proto.getHostname().getNamespace(), proto.getHostname().getHostname()));
          case ADDRESS ->
              new GatewayAddress.ByAddress(
                  new NetworkAddress(
                      reader.shared(proto.getAddress().getNetwork()),
                      reader.address(field + ".address", proto.getAddress().getAddress())));
          case DESTINATION_NOT_SET -> {
            reader.limit(
                field + ".destination",
                "(not set)",
                "a host name or an address",
                "traffic that must pass it is refused");
            yield new GatewayAddress.Unsupported();
          }
        };
    return reader.shared(new GatewayAddress(destination, port));
  }

  private static List<SpiffeId> subjectAltNames(List<String> names) {
    List<SpiffeId> ids = new ArrayList<>(names.size());
    for (String name : names) {
      SpiffeId.tryParse(name).ifPresent(ids::add);
    }
    return ids;
  }

  private Locality locality(dev.groundmesh.meshapi.proto.workload.Locality proto) {
    return reader.shared(
        new Locality(
            reader.shared(proto.getRegion()),
            reader.shared(proto.getZone()),
            reader.shared(proto.getSubzone())));
  }

  private ApplicationTunnel applicationTunnel(
      dev.groundmesh.meshapi.proto.workload.ApplicationTunnel proto)
      throws InvalidResourceException {
    int port = reader.port("application_tunnel.port", proto.getPort(), 0);
    ApplicationTunnel.Protocol protocol =
        switch (proto.getProtocol()) {
          case NONE -> ApplicationTunnel.Protocol.NONE;
          case PROXY -> ApplicationTunnel.Protocol.PROXY;
          case UNRECOGNIZED -> {
            reader.limit(
                "application_tunnel.protocol",
                proto.getProtocolValue(),
                "0 (none) or 1 (PROXY)",
                "tunnelled connections to it are refused");
            yield ApplicationTunnel.Protocol.UNSUPPORTED;
          }
        };
    return reader.shared(new ApplicationTunnel(protocol, port));
  }

  private TunnelProtocol tunnelProtocol(dev.groundmesh.meshapi.proto.workload.Workload proto) {
    return switch (proto.getTunnelProtocol()) {
      case NONE -> TunnelProtocol.NONE;
      case HBONE -> TunnelProtocol.HBONE;
      case LEGACY_ISTIO_MTLS -> TunnelProtocol.LEGACY_ISTIO_MTLS;
      case UNRECOGNIZED -> {
        reader.limit(
            "tunnel_protocol",
            proto.getTunnelProtocolValue(),
            "0 (none), 1 (HBONE) or 2 (legacy mTLS)",
            "connections to it are refused");
        yield TunnelProtocol.UNSUPPORTED;
      }
    };
  }

  private WorkloadStatus status(dev.groundmesh.meshapi.proto.workload.Workload proto) {
    return switch (proto.getStatus()) {
      case HEALTHY -> WorkloadStatus.HEALTHY;
      case UNHEALTHY -> WorkloadStatus.UNHEALTHY;
      case UNRECOGNIZED -> {
        reader.limit(
            "status", proto.getStatusValue(), "0 (healthy) or 1 (unhealthy)", "taken as unhealthy");
        yield WorkloadStatus.UNHEALTHY;
      }
    };
  }

  private NetworkMode networkMode(dev.groundmesh.meshapi.proto.workload.Workload proto) {
    return switch (proto.getNetworkMode()) {
      case STANDARD -> NetworkMode.STANDARD;
      case HOST_NETWORK -> NetworkMode.HOST_NETWORK;
      case UNRECOGNIZED -> {
        reader.limit(
            "network_mode",
            proto.getNetworkModeValue(),
            "0 (standard) or 1 (host network)",
            "taken as standard, so that its tunnel is used");
        yield NetworkMode.STANDARD;
      }
    };
  }

  private static WorkloadType workloadType(dev.groundmesh.meshapi.proto.workload.Workload proto) {
    return switch (proto.getWorkloadType()) {
      case DEPLOYMENT -> WorkloadType.DEPLOYMENT;
      case CRONJOB -> WorkloadType.CRONJOB;
      case JOB -> WorkloadType.JOB;
      // Telemetry only: every workload is a pod in the end.
      case POD, UNRECOGNIZED -> WorkloadType.POD;
    };
  }

  private static AppProtocol appProtocol(dev.groundmesh.meshapi.proto.workload.Port proto) {
    return switch (proto.getAppProtocol()) {
      case HTTP11 -> AppProtocol.HTTP11;
      case HTTP2 -> AppProtocol.HTTP2;
      case GRPC -> AppProtocol.GRPC;
      case TCP -> AppProtocol.TCP;
      case TLS -> AppProtocol.TLS;
      case UNKNOWN, UNRECOGNIZED -> AppProtocol.UNKNOWN;
    };
  }

  private IpFamilies ipFamilies(dev.groundmesh.meshapi.proto.workload.Service proto) {
    return switch (proto.getIpFamilies()) {
      case AUTOMATIC -> IpFamilies.AUTOMATIC;
      case IPV4_ONLY -> IpFamilies.IPV4_ONLY;
      case IPV6_ONLY -> IpFamilies.IPV6_ONLY;
      case DUAL -> IpFamilies.DUAL;
      case UNRECOGNIZED -> {
        reader.limit(
            "ip_families", proto.getIpFamiliesValue(), "0 to 3", "taken as not restricted");
        yield IpFamilies.AUTOMATIC;
      }
    };
  }

  private Service.Visibility visibility(dev.groundmesh.meshapi.proto.workload.Service proto) {
    return switch (proto.getVisibility()) {
      case PUBLIC -> Service.Visibility.PUBLIC;
      case NAMESPACE -> Service.Visibility.NAMESPACE;
      case UNRECOGNIZED -> {
        reader.limit(
            "visibility",
            proto.getVisibilityValue(),
            "0 (public) or 1 (namespace)",
            "visible in its own namespace only");
        yield Service.Visibility.NAMESPACE;
      }
    };
  }

  private LoadBalancing loadBalancing(dev.groundmesh.meshapi.proto.workload.LoadBalancing proto) {
    List<LoadBalancing.Scope> preference = new ArrayList<>(proto.getRoutingPreferenceCount());
    for (int i = 0; i < proto.getRoutingPreferenceCount(); i++) {
      preference.add(scope(i, proto));
    }
    return reader.shared(new LoadBalancing(preference, mode(proto), healthPolicy(proto)));
  }

  private LoadBalancing.Scope scope(
      int index, dev.groundmesh.meshapi.proto.workload.LoadBalancing proto) {
    return switch (proto.getRoutingPreference(index)) {
      case REGION -> LoadBalancing.Scope.REGION;
      case ZONE -> LoadBalancing.Scope.ZONE;
      case SUBZONE -> LoadBalancing.Scope.SUBZONE;
      case NODE -> LoadBalancing.Scope.NODE;
      case CLUSTER -> LoadBalancing.Scope.CLUSTER;
      case NETWORK -> LoadBalancing.Scope.NETWORK;
      case UNSPECIFIED_SCOPE, UNRECOGNIZED -> {
        reader.limit(
            "load_balancing.routing_preference[" + index + "]",
            proto.getRoutingPreferenceValue(index),
            "1 to 6",
            "no endpoint shares it");
        yield LoadBalancing.Scope.UNSUPPORTED;
      }
    };
  }

  private LoadBalancing.Mode mode(dev.groundmesh.meshapi.proto.workload.LoadBalancing proto) {
    return switch (proto.getMode()) {
      case UNSPECIFIED_MODE -> LoadBalancing.Mode.UNSPECIFIED;
      case STRICT -> LoadBalancing.Mode.STRICT;
      case FAILOVER -> LoadBalancing.Mode.FAILOVER;
      case PASSTHROUGH -> LoadBalancing.Mode.PASSTHROUGH;
      case UNRECOGNIZED -> {
        reader.limit("load_balancing.mode", proto.getModeValue(), "0 to 3", "taken as failover");
        yield LoadBalancing.Mode.FAILOVER;
      }
    };
  }

  private LoadBalancing.HealthPolicy healthPolicy(
      dev.groundmesh.meshapi.proto.workload.LoadBalancing proto) {
    return switch (proto.getHealthPolicy()) {
      case ONLY_HEALTHY -> LoadBalancing.HealthPolicy.ONLY_HEALTHY;
      case ALLOW_ALL -> LoadBalancing.HealthPolicy.ALLOW_ALL;
      case UNRECOGNIZED -> {
        reader.limit(
            "load_balancing.health_policy",
            proto.getHealthPolicyValue(),
            "0 (only healthy) or 1 (allow all)",
            "only healthy endpoints are used");
        yield LoadBalancing.HealthPolicy.ONLY_HEALTHY;
      }
    };
  }

  private static String lowerCase(String hostname) {
    return hostname.toLowerCase(Locale.ROOT);
  }

  private static String orDefault(String value, String defaultValue) {
    return value.isEmpty() ? defaultValue : value;
  }
}
