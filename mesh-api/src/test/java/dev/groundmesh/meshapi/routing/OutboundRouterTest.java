package dev.groundmesh.meshapi.routing;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.gateway;
import static dev.groundmesh.meshapi.TestMesh.host;
import static dev.groundmesh.meshapi.TestMesh.id;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.ports;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.GatewayAddress;
import dev.groundmesh.meshapi.model.IpFamilies;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.LoadBalancing.HealthPolicy;
import dev.groundmesh.meshapi.model.LoadBalancing.Mode;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.model.WorkloadStatus;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.OutboundDecision.Direct;
import dev.groundmesh.meshapi.routing.OutboundDecision.Gateway;
import dev.groundmesh.meshapi.routing.OutboundDecision.Passthrough;
import dev.groundmesh.meshapi.routing.OutboundDecision.Refuse;
import dev.groundmesh.meshapi.routing.OutboundDecision.Tunnel;
import dev.groundmesh.meshapi.routing.OutboundDecision.Waypoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundRouterTest {

  private static final Workload CLIENT = pod("client", "10.0.0.9", "fd00::9").build();

  private final OutboundRouter router = new OutboundRouter(workload -> false);
  private final Random random = new Random(5);

  @Test
  void unknownAddressIsPassedThrough() {
    assertThat(decide(new TestMesh(), "1.2.3.4", 443))
        .isEqualTo(
            new Passthrough(
                new Target.Address(ip("1.2.3.4"), 443),
                null,
                null,
                OutboundRule.UNKNOWN_DESTINATION));
  }

  @ParameterizedTest
  @ValueSource(ints = {15001, 15006, 15008})
  void ownPortsOnLoopbackAreRefused(int port) {
    assertThat(decide(new TestMesh(), "127.0.0.1", port))
        .isInstanceOfSatisfying(
            Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(ReasonCode.LOOP));
    assertThat(decide(new TestMesh(), "10.0.0.1", port)).isInstanceOf(Passthrough.class);
  }

  @Test
  void podThatSpeaksHboneIsTunnelledTo() {
    OutboundDecision decision =
        decide(new TestMesh().with(pod("web", "10.0.0.1")), "10.0.0.1", 8080);
    assertThat(decision)
        .isEqualTo(
            new Tunnel(
                new Target.Address(ip("10.0.0.1"), 15008),
                8080,
                Set.of(id("shop", "web")),
                pod("web", "10.0.0.1").build(),
                null,
                OutboundRule.WORKLOAD_ADDRESS));
    assertThat(((Tunnel) decision).authority(ip("10.0.0.1").toInetAddress()))
        .isEqualTo("10.0.0.1:8080");
  }

  @Test
  void authorityOfAnIpv6PodIsInBrackets() {
    Tunnel tunnel = (Tunnel) decide(new TestMesh().with(pod("web", "fd00::1")), "fd00::1", 8080);
    assertThat(tunnel.authority(ip("fd00::1").toInetAddress())).isEqualTo("[fd00::1]:8080");
  }

  @Test
  void podOutsideTheMeshIsConnectedToInPlainTcp() {
    for (TunnelProtocol protocol : List.of(TunnelProtocol.NONE, TunnelProtocol.LEGACY_ISTIO_MTLS)) {
      assertThat(
              decide(
                  new TestMesh().with(pod("db", "10.0.0.1").tunnelProtocol(protocol)),
                  "10.0.0.1",
                  5432))
          .isInstanceOfSatisfying(
              Passthrough.class,
              plain ->
                  assertThat(plain.target()).isEqualTo(new Target.Address(ip("10.0.0.1"), 5432)));
    }
  }

  @Test
  void unknownTunnelProtocolIsRefusedNotSentInPlainText() {
    assertRefused(
        decide(
            new TestMesh().with(pod("x", "10.0.0.1").tunnelProtocol(TunnelProtocol.UNSUPPORTED)),
            "10.0.0.1",
            80),
        ReasonCode.UNSUPPORTED_TUNNEL_PROTOCOL);
  }

  @Test
  void hostNetworkPodIsPassedThrough() {
    assertThat(
            decide(
                new TestMesh().with(pod("x", "192.168.0.1").networkMode(NetworkMode.HOST_NETWORK)),
                "192.168.0.1",
                80))
        .isInstanceOfSatisfying(
            Passthrough.class, plain -> assertThat(plain.destination()).isNull());
  }

  @Test
  void podEnrolledOnTheSameNodeIsConnectedToDirectly() {
    OutboundRouter sameNode = new OutboundRouter(workload -> workload.name().equals("web-0"));
    assertThat(sameNode.decide(webMesh().snapshot(), CLIENT, ip("10.96.0.1"), 80, random))
        .isInstanceOfSatisfying(
            Direct.class,
            direct -> {
              assertThat(direct.target()).isEqualTo(new Target.Address(ip("10.0.0.1"), 8080));
              assertThat(direct.service()).isNotNull();
            });
  }

  @Test
  void podThatSpeaksHboneItselfIsTunnelledToEvenOnTheSameNode() {
    OutboundRouter sameNode = new OutboundRouter(workload -> true);
    assertThat(
            sameNode.decide(
                new TestMesh().with(pod("x", "10.0.0.1").nativeTunnel(true)).snapshot(),
                CLIENT,
                ip("10.0.0.1"),
                80,
                random))
        .isInstanceOf(Tunnel.class);
  }

  @Test
  void serviceLeadsToAnEndpointAndItsTargetPort() {
    assertThat(decide(webMesh(), "10.96.0.1", 80))
        .isInstanceOfSatisfying(
            Tunnel.class,
            tunnel -> {
              assertThat(tunnel.target()).isEqualTo(new Target.Address(ip("10.0.0.1"), 15008));
              assertThat(tunnel.applicationPort()).isEqualTo(8080);
              assertThat(tunnel.service()).isEqualTo(service("web", "10.96.0.1").build());
              assertThat(tunnel.rule()).isEqualTo(OutboundRule.SERVICE_ENDPOINT);
            });
  }

  @Test
  void namedTargetPortComesFromTheEndpoint() {
    TestMesh mesh =
        new TestMesh()
            .with(service("web", "10.96.0.1").ports(ports(80, 0)))
            .with(
                pod("a", "10.0.0.1")
                    .services(List.of(new ServiceMembership(host("shop", "web"), ports(80, 9999)))))
            .with(
                pod("b", "10.0.0.2")
                    .services(List.of(new ServiceMembership(host("shop", "web"), PortMap.EMPTY))));
    for (int i = 0; i < 20; i++) {
      assertThat(decide(mesh, "10.96.0.1", 80))
          .isInstanceOfSatisfying(
              Tunnel.class, tunnel -> assertThat(tunnel.applicationPort()).isEqualTo(9999));
    }
  }

  @Test
  void subjectAltNamesOfTheServiceAreExpectedToo() {
    TestMesh mesh =
        new TestMesh()
            .with(service("web", "10.96.0.1").subjectAltNames(List.of(id("shop", "alias"))))
            .with(pod("web-0", "10.0.0.1").services(List.of(endpointOf("web"))));
    assertThat(decide(mesh, "10.96.0.1", 80))
        .isInstanceOfSatisfying(
            Tunnel.class,
            tunnel ->
                assertThat(tunnel.expectedIdentities())
                    .containsExactlyInAnyOrder(id("shop", "web-0"), id("shop", "alias")));
  }

  @Test
  void serviceWithoutEndpointIsRefused() {
    assertRefused(
        decide(new TestMesh().with(service("web", "10.96.0.1")), "10.96.0.1", 80),
        ReasonCode.NO_HEALTHY_UPSTREAM);
  }

  @Test
  void serviceWithOnlyUnhealthyEndpointsIsRefused() {
    assertRefused(
        decide(
            new TestMesh()
                .with(service("web", "10.96.0.1"))
                .with(
                    pod("a", "10.0.0.1")
                        .status(WorkloadStatus.UNHEALTHY)
                        .services(List.of(endpointOf("web")))),
            "10.96.0.1",
            80),
        ReasonCode.NO_HEALTHY_UPSTREAM);
  }

  @Test
  void portThatTheServiceDoesNotHaveIsRefused() {
    assertRefused(decide(webMesh(), "10.96.0.1", 81), ReasonCode.SERVICE_PORT_UNKNOWN);
  }

  @Test
  void passthroughServiceLeadsToTheAddressThatWasDialled() {
    LoadBalancing passthrough =
        new LoadBalancing(List.of(), Mode.PASSTHROUGH, HealthPolicy.ALLOW_ALL);
    assertThat(
            decide(
                webMesh().with(service("web", "10.96.0.1").loadBalancing(passthrough)),
                "10.96.0.1",
                80))
        .isEqualTo(
            new Passthrough(
                new Target.Address(ip("10.96.0.1"), 80),
                null,
                null,
                OutboundRule.SERVICE_PASSTHROUGH));
  }

  @Test
  void serviceOnAnotherNetworksVipIsNotMeant() {
    TestMesh mesh =
        new TestMesh()
            .with(service("web").vips(List.of(new NetworkAddress("other", ip("10.96.0.1")))));
    assertThat(decide(mesh, "10.96.0.1", 80).rule()).isEqualTo(OutboundRule.UNKNOWN_DESTINATION);
  }

  @Test
  void serviceWithAWaypointLeadsToItWithTheDialledVipAsAuthority() {
    TestMesh mesh =
        withWaypoint(webMesh().with(service("web", "10.96.0.1").waypoint(gateway("way"))));
    assertThat(decide(mesh, "10.96.0.1", 80))
        .isEqualTo(
            new Waypoint(
                new Target.Address(ip("10.0.0.7"), 15008),
                "10.96.0.1:80",
                Set.of(id("shop", "way-0")),
                waypointPod().build(),
                service("web", "10.96.0.1").waypoint(gateway("way")).build(),
                OutboundRule.SERVICE_WAYPOINT));
  }

  @Test
  void waypointThatIsNotKnownOrHasNoEndpointIsAnErrorNotABypass() {
    assertRefused(
        decide(
            webMesh().with(service("web", "10.96.0.1").waypoint(gateway("way"))), "10.96.0.1", 80),
        ReasonCode.WAYPOINT_MISSING);
    assertRefused(
        decide(
            webMesh()
                .with(service("web", "10.96.0.1").waypoint(gateway("way")))
                .with(service("way", "10.96.0.7").ports(ports(15008, 15008))),
            "10.96.0.1",
            80),
        ReasonCode.WAYPOINT_MISSING);
    GatewayAddress unsupported = new GatewayAddress(new GatewayAddress.Unsupported(), 15008);
    assertRefused(
        decide(webMesh().with(service("web", "10.96.0.1").waypoint(unsupported)), "10.96.0.1", 80),
        ReasonCode.WAYPOINT_MISSING);
  }

  @Test
  void waypointMayBeNamedByItsServicesAddressOrItsOwn() {
    for (String address : List.of("10.96.0.7", "10.0.0.7")) {
      GatewayAddress waypoint =
          new GatewayAddress(
              new GatewayAddress.ByAddress(new NetworkAddress("", ip(address))), 15008);
      TestMesh mesh = withWaypoint(webMesh().with(service("web", "10.96.0.1").waypoint(waypoint)));
      assertThat(decide(mesh, "10.96.0.1", 80))
          .isInstanceOfSatisfying(
              Waypoint.class,
              found ->
                  assertThat(found.target()).isEqualTo(new Target.Address(ip("10.0.0.7"), 15008)));
    }
  }

  @Test
  void waypointWithAnApplicationTunnelNeedsNoDeclaredPort() {
    TestMesh mesh =
        webMesh()
            .with(service("web", "10.96.0.1").waypoint(gateway("way")))
            .with(service("way", "10.96.0.7").ports(ports(80, 80)))
            .with(
                waypointPod()
                    .applicationTunnel(
                        new ApplicationTunnel(ApplicationTunnel.Protocol.PROXY, 15088)));
    assertThat(decide(mesh, "10.96.0.1", 80)).isInstanceOf(Waypoint.class);
  }

  @Test
  void weightedWaypointsShareTheConnections() {
    Service.Builder web =
        service("web", "10.96.0.1")
            .waypoint(gateway("way"))
            .weightedWaypoints(
                List.of(
                    new WeightedWaypoint(gateway("way"), 75),
                    new WeightedWaypoint(gateway("canary"), 25),
                    new WeightedWaypoint(gateway("none"), 0)));
    TestMesh mesh =
        withWaypoint(webMesh().with(web))
            .with(service("canary", "10.96.0.8").ports(ports(15008, 15008)))
            .with(
                pod("canary-0", "10.0.0.8")
                    .services(
                        List.of(
                            new ServiceMembership(host("shop", "canary"), ports(15008, 15008)))));
    Map<String, Integer> chosen = new HashMap<>();
    for (int i = 0; i < 4000; i++) {
      Waypoint waypoint = (Waypoint) decide(mesh, "10.96.0.1", 80);
      chosen.merge(waypoint.destination().name(), 1, Integer::sum);
    }
    assertThat(chosen.keySet()).containsExactlyInAnyOrder("way-0", "canary-0");
    assertThat(chosen.get("canary-0")).isBetween(800, 1200);
  }

  @Test
  void weightsThatAreAllZeroLeaveThePrimaryWaypoint() {
    Service.Builder web =
        service("web", "10.96.0.1")
            .waypoint(gateway("way"))
            .weightedWaypoints(List.of(new WeightedWaypoint(gateway("none"), 0)));
    assertThat(decide(withWaypoint(webMesh().with(web)), "10.96.0.1", 80))
        .isInstanceOf(Waypoint.class);
  }

  @Test
  void workloadDialledByAddressLeadsToItsOwnWaypoint() {
    TestMesh mesh =
        withWaypoint(new TestMesh().with(pod("x", "10.0.0.1").waypoint(gateway("way"))));
    assertThat(decide(mesh, "10.0.0.1", 8080))
        .isInstanceOfSatisfying(
            Waypoint.class,
            waypoint -> {
              assertThat(waypoint.authority()).isEqualTo("10.0.0.1:8080");
              assertThat(waypoint.service()).isNull();
              assertThat(waypoint.rule()).isEqualTo(OutboundRule.WORKLOAD_WAYPOINT);
            });
  }

  @Test
  void workloadsWaypointIsNotTakenByTrafficToAService() {
    TestMesh mesh =
        withWaypoint(
            new TestMesh()
                .with(service("web", "10.96.0.1"))
                .with(
                    pod("web-0", "10.0.0.1")
                        .waypoint(gateway("way"))
                        .services(List.of(endpointOf("web")))));
    assertThat(decide(mesh, "10.96.0.1", 80)).isInstanceOf(Tunnel.class);
  }

  @Test
  void waypointItselfIsNotSentBackToItself() {
    TestMesh mesh =
        withWaypoint(new TestMesh().with(pod("x", "10.0.0.1").waypoint(gateway("way"))));
    assertThat(router.decide(mesh.snapshot(), waypointPod().build(), ip("10.0.0.1"), 80, random))
        .isInstanceOf(Tunnel.class);
  }

  @Test
  void workloadsAddressBeatsAServicesVipForTheWaypointOnly() {
    TestMesh mesh =
        withWaypoint(
            new TestMesh()
                .with(service("web", "10.0.0.1").waypoint(gateway("way")))
                .with(pod("web-0", "10.0.0.1").services(List.of(endpointOf("web")))));
    assertThat(decide(mesh, "10.0.0.1", 80))
        .isInstanceOfSatisfying(
            Tunnel.class, tunnel -> assertThat(tunnel.applicationPort()).isEqualTo(8080));
  }

  @Test
  void endpointOnAnotherNetworkIsReachedThroughItsGateway() {
    OutboundDecision decision = decide(twoNetworks(true), "10.96.0.1", 80);
    assertThat(decision)
        .isInstanceOfSatisfying(
            Gateway.class,
            gateway -> {
              assertThat(gateway.target()).isEqualTo(new Target.Address(ip("172.16.0.1"), 15008));
              assertThat(gateway.authority()).isEqualTo("web.shop.svc.cluster.local:80");
              assertThat(gateway.gatewayIdentities()).containsExactly(id("shop", "east-west"));
              assertThat(gateway.expectedIdentities()).containsExactly(id("shop", "web-0"));
              assertThat(gateway.gateway().name()).isEqualTo("east-west");
              assertThat(gateway.destination().name()).isEqualTo("remote");
            });
  }

  @Test
  void anotherNetworkWithoutAGatewayIsAnError() {
    assertRefused(decide(twoNetworks(false), "10.96.0.1", 80), ReasonCode.GATEWAY_MISSING);
    TestMesh noGateway =
        new TestMesh()
            .with(service("web", "10.96.0.1"))
            .with(pod("remote", "10.0.0.1").network("east").services(List.of(endpointOf("web"))));
    assertRefused(decide(noGateway, "10.96.0.1", 80), ReasonCode.GATEWAY_MISSING);
  }

  @Test
  void waypointOnAnotherNetworkIsReachedThroughItsGatewayForServicesOnly() {
    TestMesh mesh =
        twoNetworks(true)
            .with(service("api", "10.96.0.2").waypoint(gateway("way")))
            .with(pod("x", "10.0.0.1").waypoint(gateway("way")))
            .with(
                service("way", "10.96.0.7")
                    .ports(ports(15008, 15008))
                    .subjectAltNames(List.of(id("shop", "way-0"))))
            .with(waypointPod().network("east").networkGateway(eastGateway()));
    assertThat(decide(mesh, "10.96.0.2", 80))
        .isInstanceOfSatisfying(
            Gateway.class,
            gateway -> {
              assertThat(gateway.authority()).isEqualTo("api.shop.svc.cluster.local:80");
              assertThat(gateway.expectedIdentities()).containsExactly(id("shop", "way-0"));
            });
    assertRefused(decide(mesh, "10.0.0.1", 80), ReasonCode.CROSS_NETWORK_NEEDS_SERVICE);
  }

  @Test
  void workloadKnownByHostNameIsToBeResolved() {
    TestMesh mesh =
        new TestMesh()
            .with(service("ext", "240.0.0.1"))
            .with(
                Workload.builder("Kubernetes//ServiceEntry/shop/ext/db", id("shop", "ext"))
                    .hostname("db.example")
                    .services(List.of(endpointOf("ext"))));
    assertThat(decide(mesh, "240.0.0.1", 80))
        .isInstanceOfSatisfying(
            Passthrough.class,
            plain ->
                assertThat(plain.target())
                    .isEqualTo(new Target.Hostname("db.example", 8080, true)));
  }

  @Test
  void addressOfTheDialledFamilyIsPreferredAndARestrictionObeyed() {
    assertThat(dualStackTarget("10.96.0.1", IpFamilies.AUTOMATIC)).isEqualTo("10.0.0.1:15008");
    assertThat(dualStackTarget("fd00:96::1", IpFamilies.AUTOMATIC)).isEqualTo("[fd00::1]:15008");
    assertThat(dualStackTarget("10.96.0.1", IpFamilies.IPV6_ONLY)).isEqualTo("[fd00::1]:15008");
    assertThat(dualStackTarget("fd00:96::1", IpFamilies.IPV4_ONLY)).isEqualTo("10.0.0.1:15008");
  }

  private String dualStackTarget(String dialled, IpFamilies families) {
    TestMesh mesh =
        new TestMesh()
            .with(service("web", "10.96.0.1", "fd00:96::1").ipFamilies(families))
            .with(pod("web-0", "10.0.0.1", "fd00::1").services(List.of(endpointOf("web"))));
    return ((Tunnel) decide(mesh, dialled, 80)).target().toString();
  }

  private OutboundDecision decide(TestMesh mesh, String destination, int port) {
    return router.decide(mesh.snapshot(), CLIENT, ip(destination), port, random);
  }

  private static void assertRefused(OutboundDecision decision, ReasonCode reason) {
    assertThat(decision)
        .isInstanceOfSatisfying(
            Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(reason));
  }

  private static TestMesh webMesh() {
    return new TestMesh()
        .with(service("web", "10.96.0.1"))
        .with(pod("web-0", "10.0.0.1").services(List.of(endpointOf("web"))));
  }

  private static TestMesh withWaypoint(TestMesh mesh) {
    return mesh.with(service("way", "10.96.0.7").ports(ports(15008, 15008))).with(waypointPod());
  }

  private static Workload.Builder waypointPod() {
    return pod("way-0", "10.0.0.7")
        .services(List.of(new ServiceMembership(host("shop", "way"), ports(15008, 15008))));
  }

  private static GatewayAddress eastGateway() {
    return new GatewayAddress(
        new GatewayAddress.ByAddress(new NetworkAddress("", ip("172.16.0.1"))), 15008);
  }

  private static TestMesh twoNetworks(boolean gatewayKnown) {
    Workload.Builder remote =
        Workload.builder("east/SplitHorizonWorkload/gw/shop/web", id("shop", "remote"))
            .name("remote")
            .network("east")
            .networkGateway(eastGateway())
            .tunnelProtocol(TunnelProtocol.HBONE)
            .services(List.of(endpointOf("web")));
    TestMesh mesh =
        new TestMesh()
            .with(service("web", "10.96.0.1").subjectAltNames(List.of(id("shop", "web-0"))))
            .with(remote);
    return gatewayKnown ? mesh.with(pod("east-west", "172.16.0.1")) : mesh;
  }

  @Test
  void waypointNamedByAWorkloadsHostNameIsFound() {
    GatewayAddress waypoint =
        new GatewayAddress(
            new GatewayAddress.ByHostname(new NamespacedHostname("shop", "way.example")), 15008);
    TestMesh mesh =
        webMesh()
            .with(service("web", "10.96.0.1").waypoint(waypoint))
            .with(pod("way-vm").hostname("way.example"));
    assertThat(decide(mesh, "10.96.0.1", 80))
        .isInstanceOfSatisfying(
            Waypoint.class,
            found ->
                assertThat(found.target())
                    .isEqualTo(new Target.Hostname("way.example", 15008, true)));
  }
}
