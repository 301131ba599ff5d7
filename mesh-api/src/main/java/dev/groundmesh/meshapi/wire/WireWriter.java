package dev.groundmesh.meshapi.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import com.google.protobuf.UInt32Value;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.security.Action;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.Scope;
import dev.groundmesh.meshapi.proto.security.ServiceAccountMatch;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.AppProtocol;
import dev.groundmesh.meshapi.proto.workload.ApplicationTunnel;
import dev.groundmesh.meshapi.proto.workload.IPFamilies;
import dev.groundmesh.meshapi.proto.workload.NetworkMode;
import dev.groundmesh.meshapi.proto.workload.PortList;
import dev.groundmesh.meshapi.proto.workload.TunnelProtocol;
import dev.groundmesh.meshapi.proto.workload.WorkloadStatus;
import dev.groundmesh.meshapi.proto.workload.WorkloadType;
import java.util.List;

/**
 * Writes records as the control plane's protos. Stateless, for any thread.
 *
 * <p>What a reader could only note as unsupported cannot be written: such records come from a later
 * version's protos, and writing them would lose what they said.
 */
public final class WireWriter {

  private WireWriter() {}

  /** The workload as the resource that bears its uid. */
  public static Address address(Workload workload) {
    var proto =
        dev.groundmesh.meshapi.proto.workload.Workload.newBuilder()
            .setUid(workload.uid())
            .setName(workload.name())
            .setNamespace(workload.namespace())
            .setTrustDomain(workload.identity().trustDomain())
            .setServiceAccount(workload.identity().serviceAccount())
            .setHostname(workload.hostname())
            .setNetwork(workload.network())
            .setTunnelProtocol(tunnelProtocol(workload))
            .setNativeTunnel(workload.nativeTunnel())
            .setNode(workload.node())
            .setClusterId(workload.clusterId())
            .setCanonicalName(workload.canonicalName())
            .setCanonicalRevision(workload.canonicalRevision())
            .setWorkloadType(workloadType(workload))
            .setWorkloadName(workload.workloadName())
            .setStatus(workload.isHealthy() ? WorkloadStatus.HEALTHY : WorkloadStatus.UNHEALTHY)
            .setNetworkMode(networkMode(workload))
            .addAllAuthorizationPolicies(workload.authorizationPolicies());
    for (IpAddress address : workload.addresses()) {
      proto.addAddresses(bytes(address));
    }
    for (ServiceMembership membership : workload.services()) {
      proto.putServices(
          membership.service().toString(),
          PortList.newBuilder().addAllPorts(ports(membership.ports())).build());
    }
    if (!workload.locality().equals(Locality.UNKNOWN)) {
      proto.setLocality(locality(workload.locality()));
    }
    if (workload.capacity() != 1) {
      proto.setCapacity(UInt32Value.of((int) workload.capacity()));
    }
    if (workload.waypoint() != null) {
      proto.setWaypoint(gateway(workload.waypoint()));
    }
    if (workload.networkGateway() != null) {
      proto.setNetworkGateway(gateway(workload.networkGateway()));
    }
    if (workload.applicationTunnel() != null) {
      proto.setApplicationTunnel(applicationTunnel(workload.applicationTunnel()));
    }
    return Address.newBuilder().setWorkload(proto).build();
  }

  /** The service as the resource that bears its key. */
  public static Address address(Service service) {
    var proto =
        dev.groundmesh.meshapi.proto.workload.Service.newBuilder()
            .setName(service.name())
            .setNamespace(service.namespace())
            .setHostname(service.hostname())
            .addAllPorts(ports(service.ports()))
            .setIpFamilies(ipFamilies(service))
            .setCanonical(service.canonical())
            .setIngressUseWaypoint(service.ingressUseWaypoint())
            .setVisibility(visibility(service));
    for (NetworkAddress vip : service.vips()) {
      proto.addAddresses(networkAddress(vip));
    }
    for (NetworkRange range : service.vipRanges()) {
      proto.addAddresses(
          networkAddress(new NetworkAddress(range.network(), range.range().base())).toBuilder()
              .setLength(range.range().prefixLength()));
    }
    service.subjectAltNames().forEach(id -> proto.addSubjectAltNames(id.toString()));
    if (!service.loadBalancing().equals(LoadBalancing.ANY_HEALTHY)) {
      proto.setLoadBalancing(loadBalancing(service.loadBalancing()));
    }
    if (service.waypoint() != null) {
      proto.setWaypoint(gateway(service.waypoint()));
    }
    for (WeightedWaypoint weighted : service.weightedWaypoints()) {
      proto.addWeightedWaypoints(
          dev.groundmesh.meshapi.proto.workload.WeightedWaypoint.newBuilder()
              .setDestination(gateway(weighted.waypoint()))
              .setWeight((int) weighted.weight()));
    }
    return Address.newBuilder().setService(proto).build();
  }

  /** The policy as the resource that bears its key. */
  public static Authorization authorization(AuthorizationPolicy policy) {
    Authorization.Builder proto =
        Authorization.newBuilder()
            .setNamespace(policy.namespace())
            .setName(policy.name())
            .setScope(scope(policy))
            .setAction(action(policy))
            .setDryRun(policy.dryRun());
    for (AuthorizationPolicy.Group group : policy.groups()) {
      Group.Builder groupProto = Group.newBuilder();
      for (AuthorizationPolicy.Rule rule : group.rules()) {
        Rules.Builder rules = Rules.newBuilder();
        rule.matches().forEach(match -> rules.addMatches(match(match)));
        groupProto.addRules(rules);
      }
      proto.addGroups(groupProto);
    }
    return proto.build();
  }

  /** The enrolment as the resource that bears its workload's uid. */
  public static dev.groundmesh.meshapi.proto.enrolment.PodEnrolment enrolment(
      PodEnrolment enrolment) {
    var proto =
        dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.newBuilder()
            .setWorkloadUid(enrolment.workloadUid())
            .setNamespace(enrolment.namespace())
            .setName(enrolment.name())
            .setServiceAccount(enrolment.serviceAccount())
            .setRuntimeId(enrolment.runtimeId())
            .setBypassInboundCapture(enrolment.bypassInboundCapture())
            .setDnsCapture(dnsCapture(enrolment))
            .setEnrolled(enrolment.enrolled())
            .addAllRerouteVirtualInterfaces(enrolment.rerouteVirtualInterfaces());
    enrolment.addresses().forEach(address -> proto.addAddresses(bytes(address)));
    return proto.build();
  }

  /** The enrolment as the resource that bears the namespace's name. */
  public static dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment namespaceEnrolment(
      NamespaceEnrolment enrolment) {
    return dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment.newBuilder()
        .setName(enrolment.name())
        .setAmbient(enrolment.ambient())
        .build();
  }

  private static Match match(AuthorizationPolicy.Match match) {
    if (match.unsupported()) {
      throw unwritable("match");
    }
    Match.Builder proto =
        Match.newBuilder()
            .addAllDestinationPorts(match.destinationPorts())
            .addAllNotDestinationPorts(match.notDestinationPorts());
    match.namespaces().forEach(each -> proto.addNamespaces(string(each)));
    match.notNamespaces().forEach(each -> proto.addNotNamespaces(string(each)));
    match.principals().forEach(each -> proto.addPrincipals(string(each)));
    match.notPrincipals().forEach(each -> proto.addNotPrincipals(string(each)));
    match.sourceIps().forEach(each -> proto.addSourceIps(range(each)));
    match.notSourceIps().forEach(each -> proto.addNotSourceIps(range(each)));
    match.destinationIps().forEach(each -> proto.addDestinationIps(range(each)));
    match.notDestinationIps().forEach(each -> proto.addNotDestinationIps(range(each)));
    match.serviceAccounts().forEach(each -> proto.addServiceAccounts(account(each)));
    match.notServiceAccounts().forEach(each -> proto.addNotServiceAccounts(account(each)));
    return proto.build();
  }

  private static dev.groundmesh.meshapi.proto.security.StringMatch string(StringMatch match) {
    var proto = dev.groundmesh.meshapi.proto.security.StringMatch.newBuilder();
    return switch (match) {
      case StringMatch.Exact(String value) -> proto.setExact(value).build();
      case StringMatch.Prefix(String value) -> proto.setPrefix(value).build();
      case StringMatch.Suffix(String value) -> proto.setSuffix(value).build();
      case StringMatch.Presence() -> proto.setPresence(Empty.getDefaultInstance()).build();
    };
  }

  private static dev.groundmesh.meshapi.proto.security.Address range(AddressRange range) {
    return dev.groundmesh.meshapi.proto.security.Address.newBuilder()
        .setAddress(bytes(range.base()))
        .setLength(range.prefixLength())
        .build();
  }

  private static ServiceAccountMatch account(AuthorizationPolicy.ServiceAccountMatch match) {
    return ServiceAccountMatch.newBuilder()
        .setNamespace(match.namespace())
        .setServiceAccount(match.serviceAccount())
        .build();
  }

  private static Scope scope(AuthorizationPolicy policy) {
    return switch (policy.scope()) {
      case GLOBAL -> Scope.GLOBAL;
      case NAMESPACE -> Scope.NAMESPACE;
      case WORKLOAD_SELECTOR -> Scope.WORKLOAD_SELECTOR;
      case UNSUPPORTED -> throw unwritable("scope");
    };
  }

  private static Action action(AuthorizationPolicy policy) {
    return switch (policy.action()) {
      case ALLOW -> Action.ALLOW;
      case DENY -> Action.DENY;
      case UNSUPPORTED -> throw unwritable("action");
    };
  }

  private static List<dev.groundmesh.meshapi.proto.workload.Port> ports(PortMap ports) {
    return ports.asList().stream().map(WireWriter::port).toList();
  }

  private static dev.groundmesh.meshapi.proto.workload.Port port(Port port) {
    return dev.groundmesh.meshapi.proto.workload.Port.newBuilder()
        .setServicePort(port.servicePort())
        .setTargetPort(port.targetPort())
        .setAppProtocol(
            switch (port.appProtocol()) {
              case UNKNOWN -> AppProtocol.UNKNOWN;
              case HTTP11 -> AppProtocol.HTTP11;
              case HTTP2 -> AppProtocol.HTTP2;
              case GRPC -> AppProtocol.GRPC;
              case TCP -> AppProtocol.TCP;
              case TLS -> AppProtocol.TLS;
            })
        .build();
  }

  private static dev.groundmesh.meshapi.proto.workload.GatewayAddress gateway(
      GatewayAddress gateway) {
    var proto =
        dev.groundmesh.meshapi.proto.workload.GatewayAddress.newBuilder()
            .setHboneMtlsPort(gateway.hbonePort());
    return switch (gateway.destination()) {
      case GatewayAddress.ByHostname(NamespacedHostname(String namespace, String hostname)) ->
          proto
              .setHostname(
                  dev.groundmesh.meshapi.proto.workload.NamespacedHostname.newBuilder()
                      .setNamespace(namespace)
                      .setHostname(hostname))
              .build();
      case GatewayAddress.ByAddress(NetworkAddress address) ->
          proto.setAddress(networkAddress(address)).build();
      case GatewayAddress.Unsupported() -> throw unwritable("destination");
    };
  }

  private static dev.groundmesh.meshapi.proto.workload.NetworkAddress networkAddress(
      NetworkAddress address) {
    return dev.groundmesh.meshapi.proto.workload.NetworkAddress.newBuilder()
        .setNetwork(address.network())
        .setAddress(bytes(address.address()))
        .build();
  }

  private static dev.groundmesh.meshapi.proto.workload.Locality locality(Locality locality) {
    return dev.groundmesh.meshapi.proto.workload.Locality.newBuilder()
        .setRegion(locality.region())
        .setZone(locality.zone())
        .setSubzone(locality.subzone())
        .build();
  }

  private static ApplicationTunnel applicationTunnel(
      dev.groundmesh.meshapi.model.ApplicationTunnel tunnel) {
    return ApplicationTunnel.newBuilder()
        .setPort(tunnel.port())
        .setProtocol(
            switch (tunnel.protocol()) {
              case NONE -> ApplicationTunnel.Protocol.NONE;
              case PROXY -> ApplicationTunnel.Protocol.PROXY;
              case UNSUPPORTED -> throw unwritable("application_tunnel.protocol");
            })
        .build();
  }

  private static dev.groundmesh.meshapi.proto.workload.LoadBalancing loadBalancing(
      LoadBalancing balancing) {
    var proto =
        dev.groundmesh.meshapi.proto.workload.LoadBalancing.newBuilder()
            .setMode(
                switch (balancing.mode()) {
                  case UNSPECIFIED ->
                      dev.groundmesh.meshapi.proto.workload.LoadBalancing.Mode.UNSPECIFIED_MODE;
                  case STRICT -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Mode.STRICT;
                  case FAILOVER ->
                      dev.groundmesh.meshapi.proto.workload.LoadBalancing.Mode.FAILOVER;
                  case PASSTHROUGH ->
                      dev.groundmesh.meshapi.proto.workload.LoadBalancing.Mode.PASSTHROUGH;
                })
            .setHealthPolicy(
                switch (balancing.healthPolicy()) {
                  case ONLY_HEALTHY ->
                      dev.groundmesh.meshapi.proto.workload.LoadBalancing.HealthPolicy.ONLY_HEALTHY;
                  case ALLOW_ALL ->
                      dev.groundmesh.meshapi.proto.workload.LoadBalancing.HealthPolicy.ALLOW_ALL;
                });
    for (LoadBalancing.Scope scope : balancing.routingPreference()) {
      proto.addRoutingPreference(
          switch (scope) {
            case REGION -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.REGION;
            case ZONE -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.ZONE;
            case SUBZONE -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.SUBZONE;
            case NODE -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.NODE;
            case CLUSTER -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.CLUSTER;
            case NETWORK -> dev.groundmesh.meshapi.proto.workload.LoadBalancing.Scope.NETWORK;
            case UNSUPPORTED -> throw unwritable("load_balancing.routing_preference");
          });
    }
    return proto.build();
  }

  private static TunnelProtocol tunnelProtocol(Workload workload) {
    return switch (workload.tunnelProtocol()) {
      case NONE -> TunnelProtocol.NONE;
      case HBONE -> TunnelProtocol.HBONE;
      case LEGACY_ISTIO_MTLS -> TunnelProtocol.LEGACY_ISTIO_MTLS;
      case UNSUPPORTED -> throw unwritable("tunnel_protocol");
    };
  }

  private static WorkloadType workloadType(Workload workload) {
    return switch (workload.workloadType()) {
      case DEPLOYMENT -> WorkloadType.DEPLOYMENT;
      case CRONJOB -> WorkloadType.CRONJOB;
      case POD -> WorkloadType.POD;
      case JOB -> WorkloadType.JOB;
    };
  }

  private static NetworkMode networkMode(Workload workload) {
    return switch (workload.networkMode()) {
      case STANDARD -> NetworkMode.STANDARD;
      case HOST_NETWORK -> NetworkMode.HOST_NETWORK;
    };
  }

  private static IPFamilies ipFamilies(Service service) {
    return switch (service.ipFamilies()) {
      case AUTOMATIC -> IPFamilies.AUTOMATIC;
      case IPV4_ONLY -> IPFamilies.IPV4_ONLY;
      case IPV6_ONLY -> IPFamilies.IPV6_ONLY;
      case DUAL -> IPFamilies.DUAL;
    };
  }

  private static dev.groundmesh.meshapi.proto.workload.Service.Visibility visibility(
      Service service) {
    return switch (service.visibility()) {
      case PUBLIC -> dev.groundmesh.meshapi.proto.workload.Service.Visibility.PUBLIC;
      case NAMESPACE -> dev.groundmesh.meshapi.proto.workload.Service.Visibility.NAMESPACE;
    };
  }

  private static dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.DnsCapture dnsCapture(
      PodEnrolment enrolment) {
    return switch (enrolment.dnsCapture()) {
      case DEFAULT -> dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.DnsCapture.DEFAULT;
      case ON -> dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.DnsCapture.ON;
      case OFF -> dev.groundmesh.meshapi.proto.enrolment.PodEnrolment.DnsCapture.OFF;
    };
  }

  private static ByteString bytes(IpAddress address) {
    return ByteString.copyFrom(address.toBytes());
  }

  private static IllegalArgumentException unwritable(String field) {
    return new IllegalArgumentException(
        field + ": UNSUPPORTED (expected: a value that the protos can say)");
  }
}
