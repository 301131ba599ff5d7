package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import io.fabric8.kubernetes.api.model.Service;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Pods and services with addresses of both families: over IPv6 the mesh does what it does over
 * IPv4.
 */
@EndToEndTest
class DualStackTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec:
        ipFamilyPolicy: RequireDualStack
        ipFamilies: [IPv4, IPv6]
        selector: {app: server}
        ports: [{name: http, port: 80, targetPort: 8080}]
      """;

  @Test
  void whatPodsSayOverIpv6IsEncrypted(Scene scene) {
    Pair pair = scene.pair(scene.meshedPlace("six"));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server(), http(pair.server()));
  }

  @Test
  void theServerSeesTheClientsOwnIpv6Address(Scene scene) {
    Pair pair = scene.pair(scene.meshedPlace("sixaddress"));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.client().get("http://" + http(pair.server()) + "/").out())
        .contains("remote=[" + pair.client().ipv6() + "]:");
  }

  @Test
  void aServiceIsReachedByItsIpv6Address(Scene scene) {
    Place place = scene.meshedPlace("sixservice");
    Pair pair = scene.pair(place);
    String address = addressOf(service(place));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    pair.client().awaitAnswer("http://[" + address + "]/");
    scene.assertEncrypted(pair.client(), pair.server(), "[" + address + "]:80");
  }

  @Test
  void theNameOfAServiceHasAddressesOfBothFamilies(Scene scene) {
    Place place = scene.meshedPlace("sixname");
    Pair pair = scene.pair(place);
    List<String> addresses = service(place).getSpec().getClusterIPs();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    Await.until(
        "both addresses of web",
        LIMIT,
        () -> {
          App.Answer answer = pair.client().run("lookup", "web");
          return new Seen(addresses.stream().allMatch(answer.out()::contains), answer.toString());
        });
  }

  @Test
  void strictRefusesPlaintextOverIpv6(Scene scene) {
    Place place = scene.meshedPlace("sixstrict");
    Pair pair = scene.pair(place);
    App stranger =
        scene.place("sixstrict-out").workload("stranger").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    String url = "http://" + http(pair.server()) + "/";
    assertThat(stranger.get(url)).matches(App.Answer::succeeded);
    scene.expectRefusalsByPolicy();
    place.apply(WorkloadKindsTest.STRICT);
    Await.until(
        "refusal of the stranger",
        LIMIT,
        () -> {
          App.Answer answer = stranger.get(url);
          return new Seen(!answer.succeeded(), answer.toString());
        });
    assertThat(pair.client().get(url)).matches(App.Answer::succeeded);
  }

  private static Service service(Place place) {
    return (Service) place.apply(SERVICE).getFirst();
  }

  private static String addressOf(Service service) {
    return service.getSpec().getClusterIPs().stream()
        .filter(address -> address.contains(":"))
        .findFirst()
        .orElseThrow();
  }

  private static String http(App server) {
    return "[" + server.ipv6() + "]:8080";
  }
}
