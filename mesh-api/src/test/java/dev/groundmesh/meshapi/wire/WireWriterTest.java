package dev.groundmesh.meshapi.wire;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.gateway;
import static dev.groundmesh.meshapi.TestMesh.id;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.Any;
import com.google.protobuf.MessageLite;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AddressRange;
import dev.groundmesh.meshapi.model.AppProtocol;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Group;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Match;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Rule;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.ServiceAccountMatch;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment.DnsCapture;
import dev.groundmesh.meshapi.model.Port;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.StringMatch;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.model.WorkloadStatus;
import dev.groundmesh.meshapi.model.WorkloadType;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is read back the same. */
class WireWriterTest {

  private final ResponseDecoder decoder = new ResponseDecoder();

  @Test
  void plainWorkloadIsReadBack() {
    assertReadBack(pod("web-0", "10.0.0.1").build());
  }

  @Test
  void workloadWithEveryFieldIsReadBack() {
    GatewayAddress byAddress =
        new GatewayAddress(
            new GatewayAddress.ByAddress(new NetworkAddress("east", ip("172.16.0.1"))), 15008);
    assertReadBack(
        Workload.builder("c//Pod/shop/x", new SpiffeId("td", "shop", "sa"))
            .name("x")
            .addresses(List.of(ip("10.0.0.1"), ip("fd00::1")))
            .hostname("x.example")
            .network("east")
            .tunnelProtocol(TunnelProtocol.LEGACY_ISTIO_MTLS)
            .nativeTunnel(true)
            .waypoint(gateway("way"))
            .networkGateway(byAddress)
            .node("n1")
            .clusterId("c")
            .locality(new Locality("r", "z", "s"))
            .canonicalName("x")
            .canonicalRevision("v1")
            .workloadType(WorkloadType.JOB)
            .workloadName("x-job")
            .status(WorkloadStatus.UNHEALTHY)
            .networkMode(NetworkMode.HOST_NETWORK)
            .capacity(0xffff_ffffL)
            .services(List.of(endpointOf("api"), endpointOf("web")))
            .authorizationPolicies(List.of("shop/a", "shop/b"))
            .applicationTunnel(new ApplicationTunnel(ApplicationTunnel.Protocol.PROXY, 15088))
            .build());
  }

  @Test
  void serviceWithEveryFieldIsReadBack() {
    assertReadBack(
        service("web", "10.96.0.1", "fd00:96::1")
            .vipRanges(List.of(new NetworkRange("east", AddressRange.parse("240.0.0.0/8"))))
            .ports(
                PortMap.of(
                    new Port(80, 0, AppProtocol.HTTP11), new Port(443, 8443, AppProtocol.TLS)))
            .subjectAltNames(List.of(id("shop", "web")))
            .waypoint(gateway("way"))
            .weightedWaypoints(List.of(new WeightedWaypoint(gateway("canary"), 0xffff_ffffL)))
            .loadBalancing(
                new LoadBalancing(
                    List.of(
                        LoadBalancing.Scope.NETWORK,
                        LoadBalancing.Scope.REGION,
                        LoadBalancing.Scope.ZONE,
                        LoadBalancing.Scope.SUBZONE,
                        LoadBalancing.Scope.NODE,
                        LoadBalancing.Scope.CLUSTER),
                    LoadBalancing.Mode.STRICT,
                    LoadBalancing.HealthPolicy.ALLOW_ALL))
            .ipFamilies(IpFamilies.DUAL)
            .ingressUseWaypoint(true)
            .visibility(Service.Visibility.NAMESPACE)
            .build());
  }

  @ParameterizedTest
  @EnumSource(AppProtocol.class)
  void everyAppProtocolIsReadBack(AppProtocol protocol) {
    assertReadBack(service("web").ports(PortMap.of(new Port(80, 80, protocol))).build());
  }

  @ParameterizedTest
  @EnumSource(Scope.class)
  void everyScopeButTheUnsupportedOneIsReadBack(Scope scope) {
    AuthorizationPolicy policy =
        new AuthorizationPolicy("shop", "p", scope, Action.DENY, List.of(), true, List.of());
    if (scope == Scope.UNSUPPORTED) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> WireWriter.authorization(policy))
          .withMessage("scope: UNSUPPORTED (expected: a value that the protos can say)");
    } else {
      assertReadBack(policy);
    }
  }

  @Test
  void policyWithEveryConditionIsReadBack() {
    List<StringMatch> strings =
        List.of(
            new StringMatch.Exact("a"),
            new StringMatch.Prefix("b"),
            new StringMatch.Suffix("c"),
            new StringMatch.Presence());
    List<AddressRange> ranges =
        List.of(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("fd00::/64"));
    Match match =
        Match.builder()
            .namespaces(strings)
            .notNamespaces(strings)
            .principals(strings)
            .notPrincipals(strings)
            .sourceIps(ranges)
            .notSourceIps(ranges)
            .destinationIps(ranges)
            .notDestinationIps(ranges)
            .destinationPorts(List.of(80, 443))
            .notDestinationPorts(List.of(22))
            .serviceAccounts(List.of(new ServiceAccountMatch("shop", "web")))
            .notServiceAccounts(List.of(new ServiceAccountMatch("shop", "api")))
            .build();
    assertReadBack(
        new AuthorizationPolicy(
            "shop",
            "p",
            Scope.NAMESPACE,
            Action.ALLOW,
            List.of(
                new Group(List.of(new Rule(List.of(match, match)), new Rule(List.of()))),
                new Group(List.of())),
            false,
            List.of()));
  }

  @Test
  void enrolmentIsReadBack() {
    PodEnrolment enrolment =
        new PodEnrolment(
            "c//Pod/shop/x",
            "shop",
            "x",
            "sa",
            "shop-x",
            List.of(ip("10.0.0.1"), ip("fd00::1")),
            true,
            DnsCapture.OFF,
            List.of("veth0"),
            true);
    DecodedResponse decoded =
        decode(
            ResourceType.POD_ENROLMENT, enrolment.workloadUid(), WireWriter.enrolment(enrolment));
    assertThat(decoded.rejected()).isEmpty();
    assertThat(decoded.delta().enrolments().getFirst().resource()).isEqualTo(enrolment);
  }

  @Test
  void enrolmentOfAPodThatIsBeingBornHasNoAddress() {
    PodEnrolment enrolment =
        new PodEnrolment(
            "c//Pod/shop/x",
            "shop",
            "x",
            "sa",
            "shop-x",
            List.of(),
            false,
            DnsCapture.DEFAULT,
            List.of(),
            false);
    assertThat(
            decode(
                    ResourceType.POD_ENROLMENT,
                    enrolment.workloadUid(),
                    WireWriter.enrolment(enrolment))
                .delta()
                .enrolments()
                .getFirst()
                .resource())
        .isEqualTo(enrolment);
  }

  @Test
  void namespaceEnrolmentIsReadBack() {
    NamespaceEnrolment enrolment = new NamespaceEnrolment("shop", true);
    DecodedResponse decoded =
        decode(ResourceType.NAMESPACE_ENROLMENT, "shop", WireWriter.namespaceEnrolment(enrolment));
    assertThat(decoded.rejected()).isEmpty();
    assertThat(decoded.delta().namespaces().getFirst().resource()).isEqualTo(enrolment);
  }

  private void assertReadBack(Workload workload) {
    DecodedResponse decoded =
        decode(ResourceType.ADDRESS, workload.uid(), WireWriter.address(workload));
    assertThat(decoded.rejected()).isEmpty();
    assertThat(decoded.delta().workloads().getFirst().resource()).isEqualTo(workload);
  }

  private void assertReadBack(Service service) {
    DecodedResponse decoded =
        decode(ResourceType.ADDRESS, service.key().toString(), WireWriter.address(service));
    assertThat(decoded.rejected()).isEmpty();
    assertThat(decoded.delta().services().getFirst().resource()).isEqualTo(service);
  }

  private void assertReadBack(AuthorizationPolicy policy) {
    DecodedResponse decoded =
        decode(ResourceType.AUTHORIZATION, policy.key(), WireWriter.authorization(policy));
    assertThat(decoded.rejected()).isEmpty();
    assertThat(decoded.delta().policies().getFirst().resource()).isEqualTo(policy);
  }

  private DecodedResponse decode(ResourceType type, String name, MessageLite body) {
    Resource resource =
        Resource.newBuilder()
            .setName(name)
            .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(body.toByteString()))
            .build();
    return decoder.decode(type, List.of(resource), List.of());
  }
}
