package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.app.Workload;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The kubelet's probes reach pods that take nothing else in plaintext. */
@EndToEndTest
class ProbeTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void httpProbesPassUnderStrict(Scene scene) {
    assertProbed(scene, "http", Workload.http("/ready"));
  }

  @Test
  void tcpProbesPassUnderStrict(Scene scene) {
    assertProbed(
        scene,
        "tcp",
        Workload.eachSecond().withNewTcpSocket().withNewPort(9000).endTcpSocket().build());
  }

  @Test
  void grpcProbesPassUnderStrict(Scene scene) {
    assertProbed(
        scene, "grpc", Workload.eachSecond().withNewGrpc().withPort(9003).endGrpc().build());
  }

  @Test
  void execProbesPassUnderStrict(Scene scene) {
    assertProbed(
        scene,
        "exec",
        Workload.eachSecond().withNewExec().withCommand("/testapp", "true").endExec().build());
  }

  @Test
  void aProbeThatFailsStillCounts(Scene scene) {
    Place place = strictPlace(scene, "failing");
    App unready =
        place
            .workload("unready")
            .readiness(
                Workload.eachSecond().withNewTcpSocket().withNewPort(1).endTcpSocket().build())
            .create();
    Await.until(
        "an event of the failed probe",
        LIMIT,
        () -> {
          List<String> events = place.events(unready.name());
          return new Seen(
              events.stream().anyMatch(event -> event.startsWith("Unhealthy: Readiness")),
              events.toString());
        });
    assertThat(unready.pod().getStatus().getConditions())
        .filteredOn(condition -> condition.getType().equals("Ready"))
        .allMatch(condition -> condition.getStatus().equals("False"));
  }

  private static Place strictPlace(Scene scene, String prefix) {
    Place place = scene.meshedPlace(prefix);
    place.apply(WorkloadKindsTest.STRICT);
    return place;
  }

  /**
   * Once the node's agent is seen to refuse plaintext, a pod becomes ready that nobody but the
   * kubelet could tell.
   */
  private static void assertProbed(Scene scene, String prefix, Probe probe) {
    Place place = strictPlace(scene, prefix);
    App known = place.workload("known").on(scene.cluster().last()).start();
    App stranger = scene.place(prefix + "-out").workload("stranger").start();
    scene.mesh().awaitEnrolled(known);
    scene.expectRefusalsByPolicy();
    Await.until(
        "strictness",
        LIMIT,
        () -> {
          App.Answer answer = stranger.get("http://" + known.ip() + ":8080/");
          return new Seen(!answer.succeeded(), answer.toString());
        });
    App app = place.workload("app").on(scene.cluster().last()).readiness(probe).start();
    assertThat(Mesh.redirection(app.pod())).isEqualTo("enabled");
    assertThat(stranger.get("http://" + app.ip() + ":8080/"))
        .matches(answer -> !answer.succeeded());
  }
}
