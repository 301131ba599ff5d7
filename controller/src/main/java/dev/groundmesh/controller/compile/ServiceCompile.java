package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.GatewayAddress;
import dev.groundmesh.meshapi.proto.workload.IPFamilies;
import dev.groundmesh.meshapi.proto.workload.LoadBalancing;
import dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope;
import dev.groundmesh.meshapi.proto.workload.NetworkAddress;
import dev.groundmesh.meshapi.proto.workload.Port;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Services as agents are told of them. Pure over what it is given. */
final class ServiceCompile {

  private static final String TRAFFIC_DISTRIBUTION = "networking.istio.io/traffic-distribution";
  private static final String INGRESS_USE_WAYPOINT = "istio.io/ingress-use-waypoint";

  private final CompileSettings settings;
  private final Encoder encoder;

  ServiceCompile(CompileSettings settings, Encoder encoder) {
    this.settings = settings;
    this.encoder = encoder;
  }

  /**
   * A Kubernetes service.
   *
   * @param assigned automatic addresses, for a service that needs some
   */
  CompiledResource service(
      Service service,
      String host,
      List<byte[]> assigned,
      @Nullable Namespace namespace,
      WaypointBinding waypoint) {
    var built = builder(service.metadata(), host, namespace, waypoint).setCanonical(true);
    for (String ip : service.clusterIps()) {
      IpAddresses.parse(ip).ifPresent(bytes -> built.addAddresses(address(bytes)));
    }
    for (byte[] bytes : assigned) {
      built.addAddresses(address(bytes));
    }
    for (Service.Port port : service.ports()) {
      built.addPorts(
          Port.newBuilder()
              .setServicePort(port.port())
              .setTargetPort(port.targetPort())
              .setAppProtocol(AppProtocols.of(port)));
    }
    LoadBalancing.Builder balancing =
        service.localTrafficOnly()
            ? LoadBalancing.newBuilder()
                .addRoutingPreference(Scope.NODE)
                .setMode(LoadBalancing.Mode.STRICT)
            : distribution(service.trafficDistribution(), service.metadata(), namespace);
    if (service.publishNotReadyAddresses()) {
      balancing = balancing == null ? LoadBalancing.newBuilder() : balancing;
      balancing.setHealthPolicy(LoadBalancing.HealthPolicy.ALLOW_ALL);
    }
    if (balancing != null) {
      built.setLoadBalancing(balancing);
    }
    built.setIpFamilies(
        switch (service.ipFamilies().size()) {
          case 0 -> IPFamilies.AUTOMATIC;
          case 1 ->
              service.ipFamilies().contains("IPv4") ? IPFamilies.IPV4_ONLY : IPFamilies.IPV6_ONLY;
          default -> IPFamilies.DUAL;
        });
    return encode(built);
  }

  /** One host of a service entry. */
  CompiledResource entry(
      ServiceEntry entry,
      String host,
      List<byte[]> assigned,
      boolean canonical,
      @Nullable Namespace namespace,
      WaypointBinding waypoint) {
    var built = builder(entry.metadata(), host, namespace, waypoint).setCanonical(canonical);
    for (String text : entry.addresses()) {
      IpAddresses.parsePrefix(text)
          .ifPresent(
              prefix -> {
                NetworkAddress.Builder address = address(prefix.masked().address());
                if (!prefix.isSingle()) {
                  address.setLength(prefix.length());
                }
                built.addAddresses(address);
              });
    }
    for (byte[] bytes : assigned) {
      built.addAddresses(address(bytes));
    }
    for (ServiceEntry.Port port : entry.ports()) {
      built.addPorts(
          Port.newBuilder()
              .setServicePort(port.number())
              .setTargetPort(port.targetPort() == 0 ? port.number() : port.targetPort())
              .setAppProtocol(AppProtocols.named(port.protocol())));
    }
    built.addAllSubjectAltNames(entry.subjectAltNames());
    if (entry.resolution() == ServiceEntry.Resolution.NONE) {
      built.setLoadBalancing(
          LoadBalancing.newBuilder()
              .setMode(LoadBalancing.Mode.PASSTHROUGH)
              .setHealthPolicy(LoadBalancing.HealthPolicy.ALLOW_ALL));
    } else {
      LoadBalancing.Builder balancing = distribution("", entry.metadata(), namespace);
      if (balancing != null) {
        built.setLoadBalancing(balancing);
      }
    }
    return encode(built);
  }

  private static dev.groundmesh.meshapi.proto.workload.Service.Builder builder(
      Metadata metadata, String host, @Nullable Namespace namespace, WaypointBinding binding) {
    var built =
        dev.groundmesh.meshapi.proto.workload.Service.newBuilder()
            .setName(metadata.name())
            .setNamespace(metadata.namespace())
            .setHostname(host)
            .addAllWeightedWaypoints(binding.weighted());
    GatewayAddress waypoint = binding.address();
    if (waypoint != null) {
      built.setWaypoint(waypoint);
      built.setIngressUseWaypoint(
          Boolean.parseBoolean(inherited(metadata.label(INGRESS_USE_WAYPOINT), namespace)));
    }
    return built;
  }

  private static @Nullable String inherited(@Nullable String own, @Nullable Namespace namespace) {
    return own != null || namespace == null
        ? own
        : namespace.metadata().label(INGRESS_USE_WAYPOINT);
  }

  private NetworkAddress.Builder address(byte[] bytes) {
    return NetworkAddress.newBuilder()
        .setNetwork(settings.network())
        .setAddress(ByteString.copyFrom(bytes));
  }

  /** The field first, then the object's annotation, then the namespace's; null: any endpoint. */
  private static LoadBalancing.@Nullable Builder distribution(
      String field, Metadata metadata, @Nullable Namespace namespace) {
    String value = field;
    if (value.isEmpty()) {
      value = Optional.ofNullable(metadata.annotation(TRAFFIC_DISTRIBUTION)).orElse("");
    }
    if (value.isEmpty() && namespace != null) {
      value = Optional.ofNullable(namespace.metadata().annotation(TRAFFIC_DISTRIBUTION)).orElse("");
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "preferclose", "prefersamezone" -> failover(Scope.NETWORK, Scope.REGION, Scope.ZONE);
      case "prefersamenode" ->
          failover(Scope.NETWORK, Scope.REGION, Scope.ZONE, Scope.SUBZONE, Scope.NODE);
      default -> null;
    };
  }

  /** Whether an annotation says something that {@link #distribution} does not know. */
  static @Nullable String unknownDistribution(Metadata metadata) {
    String value = metadata.annotation(TRAFFIC_DISTRIBUTION);
    return value == null
            || List.of("", "any", "preferclose", "prefersamezone", "prefersamenode")
                .contains(value.toLowerCase(Locale.ROOT))
        ? null
        : "metadata.annotations["
            + TRAFFIC_DISTRIBUTION
            + "]: "
            + value
            + " (expected: one of PreferClose, PreferSameZone, PreferSameNode, Any)";
  }

  private static LoadBalancing.Builder failover(Scope... preference) {
    return LoadBalancing.newBuilder()
        .addAllRoutingPreference(List.of(preference))
        .setMode(LoadBalancing.Mode.FAILOVER);
  }

  private CompiledResource encode(dev.groundmesh.meshapi.proto.workload.Service.Builder built) {
    List<String> aliases = new ArrayList<>();
    for (NetworkAddress address : built.getAddressesList()) {
      if (!address.hasLength()) {
        aliases.add(
            address.getNetwork() + '/' + IpAddresses.format(address.getAddress().toByteArray()));
      }
    }
    return encoder.encode(
        ResourceType.ADDRESS,
        built.getNamespace() + '/' + built.getHostname(),
        Address.newBuilder().setService(built).build(),
        List.copyOf(aliases),
        null);
  }
}
