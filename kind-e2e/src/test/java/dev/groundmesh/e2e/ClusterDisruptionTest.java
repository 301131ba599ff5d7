package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.MeshDisruptionTest.UnderLoad;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Load;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The cluster under the mesh changes, and parts of it fail. */
@DisruptiveTest
class ClusterDisruptionTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @Test
  void withoutTheApiServerTrafficFlowsAndAfterwardsLabelsWork(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "noapi");
    Place place = scene.place("afterapi");
    Scene.Pair pair = scene.pair(place);
    scene.expectLog(".*");
    scene.cluster().tool("api-stop");
    try {
      Thread.sleep(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      scene.cluster().tool("api-start");
    }
    place.enrol();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
    load.assertUnharmed();
  }

  @Test
  void aNodeThatCrashedComesBackMeshed(Scene scene) {
    Place place = scene.meshedPlace("crash");
    App client = place.workload("client").on(scene.cluster().first()).start();
    place.service("each", "each");
    place.workload("each").onEachNode();
    List<App> servers = place.awaitReady("each", scene.cluster().nodes().size());
    scene.mesh().awaitRedirection(servers, "enabled");
    scene.mesh().awaitEnrolled(client);
    scene.expectLog(".*");
    scene.expectRefusals(".*");
    ClusterNode lost = scene.cluster().last();
    scene.cluster().tool("node-crash", lost.name());
    try {
      Await.until(
          "the service without the lost node",
          LIMIT,
          () -> {
            App.Answer answer = client.run("get", "http://each/", "5");
            return new Seen(answer.succeeded(), answer.toString());
          });
    } finally {
      scene.cluster().tool("node-start", lost.name());
    }
    scene.mesh().awaitReady();
    List<App> again = place.awaitReady("each", scene.cluster().nodes().size());
    scene.mesh().awaitRedirection(again, "enabled");
    App back = again.stream().filter(app -> app.node().equals(lost)).findFirst().orElseThrow();
    client.awaitAnswer("http://" + back.ip() + ":8080/");
    scene.assertEncrypted(client, back);
  }

  @Test
  void scalingFromNothingToTwentyAndBackFailsNoRequest(Scene scene) {
    Place place = scene.meshedPlace("scale");
    place.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {serves: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
        """);
    App steady = place.workload("steady").label("serves", "web").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(steady);
    App client = place.workload("client").on(scene.cluster().first()).start();
    client.awaitAnswer("http://web/");
    Load load = Load.http(place.workload("load").on(scene.cluster().first()), "http://web/", 20);
    place.workload("burst").label("serves", "web").deploy(0);
    scale(scene, place, "burst", 20);
    place.awaitReady("burst", 20);
    load.awaitMore(40);
    scale(scene, place, "burst", 0);
    place.awaitReady("burst", 0);
    assertThat(load.awaitMore(40)).as("requests").matches(tally -> tally.failed() == 0);
  }

  @Test
  void aNamespaceDeletedInUseHarmsNoOther(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "survives");
    UnderLoad doomed = UnderLoad.in(scene, "doomed");
    scene.expectRefusals(".*");
    doomed.held().app().place().deleteAndWait();
    load.assertUnharmed();
  }

  @Test
  void servicesWorkWithKubeProxyByIptables(Scene scene) {
    // The switch resets connections to services, the API server's among them; for a moment a
    // replica of the controller knows nothing of pods that came since, and signs nothing for them.
    scene.expectLog(
        "KindWatch .*: lost|LeaseLeadership|CONTROL_PLANE_UNREACHABLE|Connection reset"
            + "|UNAUTHENTICATED: request impersonation");
    scene.cluster().tool("proxy-mode", "iptables");
    try {
      Place place = scene.meshedPlace("iptables");
      place.service("web", "web");
      Place outside = scene.place("iptables-out");
      App server = place.workload("web").on(scene.cluster().last()).start();
      App client = place.workload("client").on(scene.cluster().first()).start();
      App stranger = outside.workload("stranger").on(scene.cluster().first()).start();
      scene.mesh().awaitEnrolled(client, server);
      client.awaitAnswer("http://web/");
      scene.assertEncrypted(client, server);
      stranger.awaitAnswer("http://web." + place.name() + "/");
      assertThat(client.run("udp", "web:9002", "hi").out()).startsWith("hi host=web ");
    } finally {
      scene.cluster().tool("proxy-mode", "nftables");
    }
  }

  private static void scale(Scene scene, Place place, String deployment, int replicas) {
    scene
        .cluster()
        .client()
        .apps()
        .deployments()
        .inNamespace(place.name())
        .withName(deployment)
        .scale(replicas);
  }
}
