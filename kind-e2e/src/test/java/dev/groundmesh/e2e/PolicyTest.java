package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Load;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Policies as users write them: they hold, and their status says so. */
@EndToEndTest
class PolicyTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void anAllowPolicyLetsInWhomItNamesAndNobodyElse(Scene scene) {
    Place place = scene.meshedPlace("allow");
    Pair pair = scene.pair(place);
    App other = place.workload("other").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(pair.client(), pair.server(), other);
    place.apply(allowClient(place));
    scene.expectRefusalsByPolicy();
    awaitRefused(other, pair.server());
    assertThat(pair.talk()).matches(App.Answer::succeeded);
  }

  @Test
  void aPolicyThatIsTakenAwayNoLongerHolds(Scene scene) {
    Place place = scene.meshedPlace("away");
    Pair pair = scene.pair(place);
    App other = place.workload("other").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(pair.client(), pair.server(), other);
    place.apply(allowClient(place));
    scene.expectRefusalsByPolicy();
    awaitRefused(other, pair.server());
    place.delete("security.istio.io/v1", "AuthorizationPolicy", "client-only");
    other.awaitAnswer("http://" + pair.server().ip() + ":8080/");
  }

  @Test
  void aPolicyHoldsOnOneNodeAsBetweenTwo(Scene scene) {
    Place place = scene.meshedPlace("samenode");
    App server = place.workload("server").on(scene.cluster().first()).start();
    App client = place.workload("client").on(scene.cluster().first()).start();
    App other = place.workload("other").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client, server, other);
    place.apply(allowClient(place));
    scene.expectRefusalsByPolicy();
    awaitRefused(other, server);
    assertThat(client.get("http://" + server.ip() + ":8080/")).matches(App.Answer::succeeded);
  }

  @Test
  void aLiveConnectionThatIsNoLongerAllowedIsCut(Scene scene) {
    Place place = scene.meshedPlace("cut");
    App server = place.workload("server").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(server);
    Load held =
        Load.hold(place.workload("holder").on(scene.cluster().first()), server.ip() + ":9000", 2);
    Await.until(
        "two open connections",
        LIMIT,
        () -> new Seen(held.tally().open() == 2, held.tally().toString()));
    scene.expectRefusalsByPolicy();
    place.apply(allowClient(place));
    Await.until(
        "the end of the held connections",
        LIMIT,
        () -> new Seen(held.tally().open() == 0, held.tally().toString()));
  }

  @Test
  void strictRefusesPlaintextFromOutside(Scene scene) {
    Place place = scene.meshedPlace("strict");
    Pair pair = scene.pair(place);
    App stranger = scene.place("stranger").workload("stranger").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(stranger.get("http://" + pair.server().ip() + ":8080/"))
        .matches(App.Answer::succeeded);
    place.apply(WorkloadKindsTest.STRICT);
    scene.expectRefusalsByPolicy();
    awaitRefused(stranger, pair.server());
    assertThat(pair.talk()).matches(App.Answer::succeeded);
  }

  @Test
  void aPolicyInForceSaysSoInItsStatus(Scene scene) {
    Place place = scene.meshedPlace("status");
    place.apply(allowClient(place));
    awaitCondition(place, "client-only", "True", "Accepted");
  }

  @Test
  void whatOnlyLayerSevenCouldMatchIsSaidInStatus(Scene scene) {
    Place place = scene.meshedPlace("layer7");
    place.apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: by-path}
        spec:
          action: ALLOW
          rules: [{to: [{operation: {paths: ["/public"]}}]}]
        """);
    awaitCondition(place, "by-path", "True", "UnsupportedValue");
  }

  private static String allowClient(Place place) {
    return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: client-only}
        spec:
          selector: {matchLabels: {app: server}}
          action: ALLOW
          rules: [{from: [{source: {principals: ["cluster.local/ns/%s/sa/client"]}}]}]
        """
        .formatted(place.name());
  }

  private static void awaitRefused(App client, App server) {
    Await.until(
        "refusal of " + client.name(),
        LIMIT,
        () -> {
          App.Answer answer = client.get("http://" + server.ip() + ":8080/");
          return new Seen(!answer.succeeded(), answer.toString());
        });
  }

  private static void awaitCondition(Place place, String policy, String status, String reason) {
    Await.until(
        "status of " + policy,
        LIMIT,
        () -> {
          GenericKubernetesResource object =
              place.object("security.istio.io/v1", "AuthorizationPolicy", policy);
          Object conditions = object.get("status", "conditions");
          boolean there =
              conditions instanceof List<?> list
                  && list.stream()
                      .anyMatch(
                          condition ->
                              condition instanceof Map<?, ?> map
                                  && "ZtunnelAccepted".equals(map.get("type"))
                                  && status.equals(map.get("status"))
                                  && reason.equals(map.get("reason")));
          return new Seen(there, String.valueOf(conditions));
        });
  }
}
