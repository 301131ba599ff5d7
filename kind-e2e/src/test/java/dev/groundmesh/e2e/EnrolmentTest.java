package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Load;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.Wire;
import dev.groundmesh.e2e.mesh.Mesh;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A label on a namespace, and what it does to pods that run and to pods that come. */
@EndToEndTest
class EnrolmentTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void aLabelEncryptsWhatRunningPodsSay(Scene scene) {
    Place place = scene.place("label");
    Pair pair = scene.pair(place);
    scene.assertPlaintext(pair.client(), pair.server());
    place.enrol();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
  }

  @Test
  void theLabelRestartsNoPod(Scene scene) {
    Place place = scene.place("restart");
    Pair pair = scene.pair(place);
    String uid = pair.server().uid();
    place.enrol();
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.server().uid()).isEqualTo(uid);
    assertThat(pair.server().restarts()).isZero();
  }

  @Test
  void bothAgentsNameBothIdentities(Scene scene) {
    Place place = scene.meshedPlace("identity");
    Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.talk()).matches(App.Answer::succeeded);
    String account = "spiffe://cluster.local/ns/" + place.name() + "/sa/";
    for (App end : new App[] {pair.client(), pair.server()}) {
      Await.until(
          "a line of the access log on " + end.node().name(),
          LIMIT,
          () -> {
            var lines = scene.mesh().accessLog(end.node(), scene.start());
            return new Seen(
                lines.stream()
                    .anyMatch(
                        line ->
                            line.contains("src.identity=\"" + account + "client\"")
                                && line.contains("dst.identity=\"" + account + "server\"")),
                lines.toString());
          });
    }
  }

  @Test
  void theServerSeesTheClientsOwnAddress(Scene scene) {
    Place place = scene.meshedPlace("address");
    Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.talk().out()).contains("remote=" + pair.client().ip() + ":");
  }

  @Test
  void withoutTheLabelPodsTalkInPlaintextAgain(Scene scene) {
    Place place = scene.meshedPlace("unlabel");
    Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
    place.leave();
    scene.mesh().awaitLeft(pair.client(), pair.server());
    scene.assertPlaintext(pair.client(), pair.server());
  }

  @Test
  void aLabelThatComesAndGoesUnderLoadFailsNoRequest(Scene scene) {
    Place place = scene.place("comesgoes");
    Pair pair = scene.pair(place);
    Load load = Load.of(place.workload("load").on(scene.cluster().first()), pair.server());
    for (int i = 0; i < 3; i++) {
      place.enrol();
      scene.mesh().awaitEnrolled(pair.client(), pair.server(), load.app());
      load.awaitMore(20);
      place.leave();
      scene.mesh().awaitLeft(pair.client(), pair.server(), load.app());
      load.awaitMore(20);
    }
    assertThat(load.tally()).matches(tally -> tally.failed() == 0);
  }

  @Test
  void aStrictNamespaceThatLeavesUnderLoadFailsNoRequest(Scene scene) {
    Place place = scene.meshedPlace("strictleaves");
    Pair pair = scene.pair(place);
    Load there = Load.of(place.workload("there").on(scene.cluster().first()), pair.server());
    Load back = Load.of(place.workload("back").on(scene.cluster().last()), pair.client());
    scene.mesh().awaitEnrolled(pair.client(), pair.server(), there.app(), back.app());
    there.awaitMore(20);
    back.awaitMore(20);
    place.apply(WorkloadKindsTest.STRICT);
    there.awaitMore(40);
    back.awaitMore(40);
    place.leave();
    scene.mesh().awaitLeft(pair.client(), pair.server(), there.app(), back.app());
    assertThat(there.awaitMore(40)).matches(tally -> tally.failed() == 0);
    assertThat(back.awaitMore(40)).matches(tally -> tally.failed() == 0);
  }

  @Test
  void aPodThatOptsOutIsLeftAlone(Scene scene) {
    Place place = scene.meshedPlace("optout");
    App server = place.workload("server").on(scene.cluster().last()).start();
    App outside =
        place
            .workload("outside")
            .on(scene.cluster().first())
            .label(Place.DATAPLANE_MODE, "none")
            .start();
    scene.mesh().awaitEnrolled(server);
    scene.assertPlaintext(outside, server);
    assertThat(Mesh.redirection(outside.pod())).isEmpty();
  }

  @Test
  void aPodMayJoinByItselfInANamespaceOutside(Scene scene) {
    Place place = scene.place("joins");
    App server =
        place
            .workload("server")
            .on(scene.cluster().last())
            .label(Place.DATAPLANE_MODE, "ambient")
            .start();
    App client =
        place
            .workload("client")
            .on(scene.cluster().first())
            .label(Place.DATAPLANE_MODE, "ambient")
            .start();
    scene.mesh().awaitEnrolled(client, server);
    scene.assertEncrypted(client, server);
  }

  @Test
  void aPodBornIntoTheMeshIsMeshedFromItsFirstPacket(Scene scene) {
    assertBornIntoTheMesh(scene, scene.meshedPlace("born"));
  }

  /** What a new pod of the first node says at once is not on the wire. */
  static void assertBornIntoTheMesh(Scene scene, Place place) {
    App server = place.workload("server").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(server);
    String secret = Scene.secret();
    try (Wire wire = scene.cluster().capture(scene.cluster().last())) {
      place
          .workload("newborn")
          .on(scene.cluster().first())
          .args("get", "http://" + server.ip() + ":8080/" + secret)
          .job();
      awaitSucceeded(scene, place, "newborn");
      assertThat(wire.saw(secret)).as("the wire carried the first request's text").isFalse();
    }
  }

  @Test
  void aLabelThatFlipsTenTimesEndsAsItWasSetLast(Scene scene) {
    Place place = scene.place("flips");
    Pair pair = scene.pair(place);
    for (int i = 0; i < 5; i++) {
      place.enrol();
      place.leave();
    }
    place.enrol();
    // What the pods' annotations say now may still be of an earlier flip.
    Await.until(
        "encryption after the last flip",
        LIMIT,
        () -> new Seen(scene.isEncrypted(pair.client(), pair.server()), "plaintext"));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
  }

  static void awaitSucceeded(Scene scene, Place place, String job) {
    Await.until(
        "the job " + job,
        LIMIT,
        () -> {
          var status =
              scene
                  .cluster()
                  .client()
                  .batch()
                  .v1()
                  .jobs()
                  .inNamespace(place.name())
                  .withName(job)
                  .get()
                  .getStatus();
          if (status.getFailed() != null && status.getFailed() > 0) {
            throw new AssertionError(
                "the job " + job + " failed: " + place.apps(job).stream().map(App::log).toList());
          }
          return new Seen(
              status.getSucceeded() != null && status.getSucceeded() > 0, status.toString());
        });
  }
}
