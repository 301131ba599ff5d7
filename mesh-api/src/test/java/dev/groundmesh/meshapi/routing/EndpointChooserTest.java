package dev.groundmesh.meshapi.routing;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.host;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.ports;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.model.LoadBalancing;
import dev.groundmesh.meshapi.model.LoadBalancing.HealthPolicy;
import dev.groundmesh.meshapi.model.LoadBalancing.Mode;
import dev.groundmesh.meshapi.model.LoadBalancing.Scope;
import dev.groundmesh.meshapi.model.Locality;
import dev.groundmesh.meshapi.model.PortMap;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EndpointChooserTest {

  private static final int THROWS = 4000;

  private final Random random = new Random(11);
  private final Workload client =
      pod("client", "10.0.0.9").node("n1").locality(new Locality("r1", "z1", "")).build();

  @Test
  void equalEndpointsShareEqually() {
    Map<String, Integer> chosen =
        choose(new TestMesh().with(web()).with(endpoint("a")).with(endpoint("b")));
    assertThat(chosen.get("a")).isBetween(1800, 2200);
  }

  @Test
  void capacityIsTheShare() {
    Map<String, Integer> chosen =
        choose(
            new TestMesh()
                .with(web())
                .with(endpoint("a").capacity(3))
                .with(endpoint("b").capacity(1))
                .with(endpoint("c").capacity(0)));
    assertThat(chosen).containsOnlyKeys("a", "b");
    assertThat(chosen.get("a")).isBetween(2800, 3200);
  }

  @Test
  void withoutAnyCapacityNothingIsChosen() {
    assertThat(choose(new TestMesh().with(web()).with(endpoint("a").capacity(0)))).isEmpty();
  }

  @Test
  void endpointWithoutThePortLeavesTheOthersTheirFairShare() {
    Workload.Builder without =
        endpoint("x").services(List.of(new ServiceMembership(host("shop", "web"), PortMap.EMPTY)));
    Map<String, Integer> chosen =
        choose(
            new TestMesh()
                .with(web().ports(ports(80, 0)))
                .with(endpoint("a"))
                .with(endpoint("b"))
                .with(without));
    assertThat(chosen).containsOnlyKeys("a", "b");
    assertThat(chosen.get("a")).isBetween(1800, 2200);
  }

  @Test
  void endpointWithoutAnAddressIsNotChosen() {
    assertThat(
            choose(
                new TestMesh()
                    .with(web())
                    .with(endpoint("a"))
                    .with(endpoint("b").addresses(List.of()))))
        .containsOnlyKeys("a");
  }

  @Test
  void failoverTakesTheNearestAndGoesOnToTheFarther() {
    Service.Builder near = web(Mode.FAILOVER, Scope.NETWORK, Scope.REGION, Scope.ZONE);
    Workload.Builder sameZone = endpoint("zone").locality(new Locality("r1", "z1", "s"));
    Workload.Builder sameRegion = endpoint("region").locality(new Locality("r1", "z2", ""));
    Workload.Builder far = endpoint("far").locality(new Locality("r2", "z1", ""));
    assertThat(choose(new TestMesh().with(near).with(sameZone).with(sameRegion).with(far)))
        .containsOnlyKeys("zone");
    assertThat(choose(new TestMesh().with(near).with(sameRegion).with(far)))
        .containsOnlyKeys("region");
    assertThat(choose(new TestMesh().with(near).with(far))).containsOnlyKeys("far");
  }

  @Test
  void networkFirstPutsAnyOfTheOwnNetworkBeforeTheNearestOfAnother() {
    Service.Builder near = web(Mode.FAILOVER, Scope.NETWORK, Scope.REGION, Scope.ZONE);
    Workload.Builder far = endpoint("far").locality(new Locality("r2", "z2", ""));
    Workload.Builder remoteSameZone =
        endpoint("remote")
            .network("east")
            .networkGateway(TestMesh.gateway("gw"))
            .locality(new Locality("r1", "z1", ""));
    Workload.Builder remoteFar =
        endpoint("remote-far").network("east").networkGateway(TestMesh.gateway("gw"));
    assertThat(choose(new TestMesh().with(near).with(far).with(remoteSameZone)))
        .containsOnlyKeys("far");
    assertThat(choose(new TestMesh().with(near).with(remoteFar).with(remoteSameZone)))
        .containsOnlyKeys("remote");
  }

  @Test
  void strictNeedsEveryScope() {
    Service.Builder local = web(Mode.STRICT, Scope.NODE);
    assertThat(
            choose(
                new TestMesh()
                    .with(local)
                    .with(endpoint("here").node("n1"))
                    .with(endpoint("there").node("n2"))))
        .containsOnlyKeys("here");
    assertThat(choose(new TestMesh().with(local).with(endpoint("there").node("n2")))).isEmpty();
  }

  @Test
  void strictWithAnUnknownScopeChoosesNothing() {
    assertThat(choose(new TestMesh().with(web(Mode.STRICT, Scope.UNSUPPORTED)).with(endpoint("a"))))
        .isEmpty();
  }

  @Test
  void preferenceWithoutAModeIsIgnored() {
    assertThat(
            choose(
                new TestMesh()
                    .with(web(Mode.UNSPECIFIED, Scope.NODE))
                    .with(endpoint("here").node("n1"))
                    .with(endpoint("there").node("n2"))))
        .containsOnlyKeys("here", "there");
  }

  private Map<String, Integer> choose(TestMesh mesh) {
    MeshSnapshot snapshot = mesh.snapshot();
    Service service = Objects.requireNonNull(snapshot.service(host("shop", "web")));
    Map<String, Integer> chosen = new HashMap<>();
    for (int i = 0; i < THROWS; i++) {
      Endpoint endpoint =
          EndpointChooser.choose(
              snapshot, client, service, 80, EndpointChooser.Purpose.APPLICATION, random);
      if (endpoint != null) {
        chosen.merge(endpoint.workload().name(), 1, Integer::sum);
      }
    }
    return chosen;
  }

  private static Service.Builder web() {
    return service("web", "10.96.0.1");
  }

  private static Service.Builder web(Mode mode, Scope... preference) {
    return web()
        .loadBalancing(new LoadBalancing(List.of(preference), mode, HealthPolicy.ONLY_HEALTHY));
  }

  private static Workload.Builder endpoint(String name) {
    return pod(name, "10.0.0.1").services(List.of(endpointOf("web")));
  }
}
