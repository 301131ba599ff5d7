package dev.groundmesh.meshapi.routing;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.gateway;
import static dev.groundmesh.meshapi.TestMesh.host;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.ports;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.model.ApplicationTunnel;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.WeightedWaypoint;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.routing.InboundDecision.Deliver;
import dev.groundmesh.meshapi.routing.InboundDecision.Refuse;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboundRouterTest {

  private static final Workload LOCAL =
      pod("web-0", "10.0.0.1").services(List.of(endpointOf("web"))).build();

  @Test
  void ownAddressIsDeliveredToItsPort() {
    assertThat(decide(new TestMesh(), LOCAL, "10.0.0.1:9000"))
        .isEqualTo(new Deliver(9000, new Target.Address(ip("10.0.0.1"), 9000), null, null));
  }

  @Test
  void anotherPodsAddressIsRefusedWith400() {
    assertRefused(
        decide(new TestMesh().with(pod("other", "10.0.0.2")), LOCAL, "10.0.0.2:80"),
        ReasonCode.AUTHORITY_NOT_ALLOWED,
        400);
  }

  @Test
  void vipOfAnOwnServiceIsRefusedUnlessThisIsItsWaypoint() {
    assertRefused(
        decide(new TestMesh().with(service("web", "10.96.0.1")), LOCAL, "10.96.0.1:80"),
        ReasonCode.AUTHORITY_NOT_ALLOWED,
        400);
  }

  @Test
  void waypointTakesTheVipsItServes() {
    Workload way =
        pod("way-0", "10.0.0.1")
            .services(List.of(new ServiceMembership(host("shop", "way"), ports(15008, 15008))))
            .build();
    TestMesh mesh =
        new TestMesh()
            .with(service("way", "10.96.0.7"))
            .with(service("web", "10.96.0.1").waypoint(gateway("way")))
            .with(pod("x", "10.0.0.5").waypoint(gateway("way")))
            .with(service("other", "10.96.0.2").waypoint(gateway("elsewhere")))
            .with(
                service("canary", "10.96.0.3")
                    .weightedWaypoints(List.of(new WeightedWaypoint(gateway("way"), 10))));
    assertThat(decide(mesh, way, "10.96.0.1:80")).isInstanceOf(Deliver.class);
    assertThat(decide(mesh, way, "10.0.0.5:80")).isInstanceOf(Deliver.class);
    assertThat(decide(mesh, way, "10.96.0.3:80")).isInstanceOf(Deliver.class);
    assertRefused(decide(mesh, way, "10.96.0.2:80"), ReasonCode.AUTHORITY_NOT_ALLOWED, 400);
    assertRefused(decide(mesh, way, "10.9.9.9:80"), ReasonCode.AUTHORITY_NOT_ALLOWED, 400);
  }

  @Test
  void applicationTunnelTakesAnyAddressAndMayMoveThePort() {
    ApplicationTunnel tunnel = new ApplicationTunnel(ApplicationTunnel.Protocol.PROXY, 15088);
    Workload local = LOCAL.toBuilder().applicationTunnel(tunnel).build();
    assertThat(decide(new TestMesh(), local, "10.96.0.1:80"))
        .isEqualTo(new Deliver(15088, new Target.Address(ip("10.96.0.1"), 80), null, tunnel));
  }

  @Test
  void unknownApplicationTunnelIsRefused() {
    Workload local =
        LOCAL.toBuilder()
            .applicationTunnel(new ApplicationTunnel(ApplicationTunnel.Protocol.UNSUPPORTED, 0))
            .build();
    assertRefused(
        decide(new TestMesh(), local, "10.0.0.1:80"),
        ReasonCode.UNSUPPORTED_APPLICATION_TUNNEL,
        503);
  }

  @Test
  void hostNameIsDeliveredToTheWorkloadsOwnPortForIt() {
    TestMesh mesh = new TestMesh().with(service("web", "10.96.0.1").ports(ports(80, 1234)));
    assertThat(decide(mesh, LOCAL, "web.shop.svc.cluster.local:80"))
        .isInstanceOfSatisfying(
            Deliver.class,
            deliver -> {
              assertThat(deliver.port()).isEqualTo(8080);
              assertThat(deliver.service()).isNotNull();
            });
  }

  @Test
  void hostNameFallsBackToTheServicesTargetPort() {
    Workload local =
        LOCAL.toBuilder()
            .services(List.of(new ServiceMembership(host("shop", "web"), PortMap.EMPTY)))
            .build();
    TestMesh mesh = new TestMesh().with(service("web", "10.96.0.1").ports(ports(80, 1234)));
    assertThat(decide(mesh, local, "web.shop.svc.cluster.local:80"))
        .isInstanceOfSatisfying(
            Deliver.class, deliver -> assertThat(deliver.port()).isEqualTo(1234));
  }

  @Test
  void unknownHostNameOrPortIsRefusedWith503() {
    TestMesh mesh = new TestMesh().with(service("web", "10.96.0.1"));
    assertRefused(decide(mesh, LOCAL, "none.example:80"), ReasonCode.SERVICE_UNKNOWN, 503);
    assertRefused(
        decide(mesh, LOCAL, "web.shop.svc.cluster.local:81"), ReasonCode.SERVICE_PORT_UNKNOWN, 503);
  }

  @Test
  void hostNameIsToldToAnApplicationTunnelAsTheServicesVip() {
    ApplicationTunnel tunnel = new ApplicationTunnel(ApplicationTunnel.Protocol.PROXY, 0);
    Workload local = LOCAL.toBuilder().applicationTunnel(tunnel).build();
    TestMesh mesh = new TestMesh().with(service("web", "fd00::96", "10.96.0.1"));
    assertThat(decide(mesh, local, "web.shop.svc.cluster.local:80"))
        .isInstanceOfSatisfying(
            Deliver.class,
            deliver ->
                assertThat(deliver.requested()).isEqualTo(new Target.Address(ip("10.96.0.1"), 80)));
  }

  @ParameterizedTest
  @ValueSource(ints = {15001, 15006, 15008})
  void ownPortsAreRefused(int port) {
    assertRefused(decide(new TestMesh(), LOCAL, "10.0.0.1:" + port), ReasonCode.LOOP, 503);
    assertThat(InboundRouter.decidePlaintext(ip("10.0.0.1"), port)).isInstanceOf(Refuse.class);
  }

  @Test
  void plaintextIsDeliveredToThePortThatWasDialled() {
    assertThat(InboundRouter.decidePlaintext(ip("10.0.0.1"), 80))
        .isEqualTo(new Deliver(80, new Target.Address(ip("10.0.0.1"), 80), null, null));
  }

  private static InboundDecision decide(TestMesh mesh, Workload local, String authority) {
    ConnectAuthority parsed =
        Objects.requireNonNull(ConnectAuthority.parseOrNull(authority), authority);
    return InboundRouter.decide(
        mesh.with(local.toBuilder()).snapshot(), local, ip("10.0.0.1"), parsed);
  }

  private static void assertRefused(InboundDecision decision, ReasonCode reason, int status) {
    assertThat(decision)
        .isInstanceOfSatisfying(
            Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(reason));
    assertThat(reason.hboneStatus()).isEqualTo(status);
  }
}
