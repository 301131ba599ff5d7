package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.app.Workload;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The kubelet's probes reach pods that take nothing else in plaintext. */
@EndToEndTest
class ProbeTest {
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
    App app = place.workload("app").readiness(Workload.http("/nowhere-but-ready")).start();
    scene.mesh().awaitEnrolled(app);
    App unready =
        place
            .workload("unready")
            .readiness(
                Workload.eachSecond().withNewTcpSocket().withNewPort(1).endTcpSocket().build())
            .create();
    scene.mesh().awaitEnrolled(unready);
    assertThat(app.get("http://127.0.0.1:8080/")).matches(App.Answer::succeeded);
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
   * Enrolled and strict for several periods of both probes, the pod stays ready and is not
   * restarted.
   */
  private static void assertProbed(Scene scene, String prefix, Probe probe) {
    Place place = strictPlace(scene, prefix);
    App app =
        place
            .workload("app")
            .readiness(probe)
            .liveness(new ProbeBuilder(probe).withFailureThreshold(1).build())
            .start();
    App stranger = scene.place(prefix + "-out").workload("stranger").start();
    scene.mesh().awaitEnrolled(app);
    scene.expectRefusalsByPolicy();
    Await.until(
        "strictness",
        Duration.ofSeconds(60),
        () -> {
          App.Answer answer = stranger.get("http://" + app.ip() + ":8080/");
          return new Seen(!answer.succeeded(), answer.toString());
        });
    long since = System.nanoTime();
    Await.until(
        "several probes",
        Duration.ofSeconds(10),
        () -> new Seen(System.nanoTime() - since > Duration.ofSeconds(4).toNanos(), "time"));
    assertThat(app.restarts()).isZero();
    assertThat(app.pod().getStatus().getConditions())
        .filteredOn(condition -> condition.getType().equals("Ready"))
        .allMatch(condition -> condition.getStatus().equals("True"));
  }
}
