package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Load;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import dev.groundmesh.e2e.cluster.Wire;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Parts of the mesh are replaced, killed and away, under load. */
@DisruptiveTest
class MeshDisruptionTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** The default time of a drain, and what ending a pod takes beside it. */
  private static final Duration DRAIN = Duration.ofSeconds(100);

  private static final Duration AWAY = Duration.ofMinutes(2);

  @Test
  void aRolloutOfTheAgentsFailsNoRequestAndCutsNoConnection(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "rollout");
    List<String> before = names(scene.mesh().agents());
    scene
        .cluster()
        .tool("kubectl", "-n", Mesh.NAMESPACE, "rollout", "restart", "daemonset/" + Mesh.AGENT);
    Await.until(
        "a successor on every node",
        LIMIT,
        () -> {
          List<Pod> ready =
              scene.mesh().agents().stream()
                  .filter(pod -> !before.contains(pod.getMetadata().getName()))
                  .filter(Readiness::isPodReady)
                  .toList();
          return new Seen(
              ready.size() == scene.cluster().nodes().size(),
              names(scene.mesh().agents()).toString());
        });
    // Both ends of the held connections are now served by agents that drain, until their deadline.
    load.assertUnharmed();
    assertThat(names(scene.mesh().agents()))
        .as("agents, those that drain among them")
        .containsAll(before);
    Await.until(
        "the end of those who drain",
        DRAIN,
        () -> {
          List<String> now = names(scene.mesh().agents());
          return new Seen(now.stream().noneMatch(before::contains), now.toString());
        });
    load.requests().awaitMore(40);
    assertThat(load.requests().tally()).as("requests").matches(tally -> tally.failed() == 0);
  }

  @Test
  void renewedCertificatesBreakNothing(Scene scene) {
    // Renewed at half of their life.
    scene.mesh().install("agent.env.SECRET_TTL=30s");
    try {
      scene.mesh().awaitReady();
      UnderLoad load = UnderLoad.in(scene, "renewal");
      String identity = load.requests().app().place().name() + "/sa/server";
      Set<String> serials = new HashSet<>();
      Await.until(
          "three certificates of " + identity,
          LIMIT,
          () -> {
            serials.addAll(scene.mesh().certificates(identity));
            return new Seen(serials.size() >= 3, serials.toString());
          });
      load.assertUnharmed();
      // The agents that are replaced next would cut them when their time is over.
      load.end();
    } finally {
      scene.mesh().install();
      scene.mesh().awaitReady();
    }
  }

  @Test
  void aKilledAgentLetsNothingPassAndComesBack(Scene scene) {
    Place place = scene.meshedPlace("killed");
    App server = place.workload("server").on(scene.cluster().last()).start();
    App client = place.workload("client").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client, server);
    scene.assertEncrypted(client, server);
    scene.expectLog(".*");
    scene.expectRefusals(".*");
    ClusterNode node = scene.cluster().first();
    Pod agent = scene.mesh().agent(node);
    int restarts = restarts(agent);
    String secret = Scene.secret();
    try (Wire wire = scene.cluster().capture(node)) {
      assertThat(scene.cluster().inNode(node, "pkill", "-KILL", "-f", "dev.groundmesh.nodeagent"))
          .matches(output -> output.succeeded());
      // Whether it is refused or waits for the agent, its text must not be on the wire.
      App.Answer during = client.get("http://" + server.ip() + ":8080/" + secret);
      assertThat(wire.saw(secret)).as("the wire carried the request's text; " + during).isFalse();
    }
    Await.until(
        "the agent's restart",
        LIMIT,
        () -> {
          Pod now = scene.mesh().agent(node);
          return new Seen(restarts(now) > restarts, Place.told(now));
        });
    client.awaitAnswer("http://" + server.ip() + ":8080/");
    scene.assertEncrypted(client, server);
  }

  @Test
  void whileTheControllerIsAwayTrafficFlowsAndNewPodsWait(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "away");
    scene.expectLog(".*");
    Place meshed = scene.meshedPlace("waits");
    Place outside = scene.place("waitsnot");
    // By this the agents have heard of both namespaces; of one they have not, nobody could say that
    // it is outside the mesh.
    meshed.workload("known").on(scene.cluster().last()).start();
    outside.workload("known").on(scene.cluster().last()).start();
    App waits;
    scaleController(scene, 0);
    try {
      waits = meshed.workload("server").on(scene.cluster().last()).create();
      // A pod outside the mesh is none of its business.
      Instant back = Instant.now().plus(AWAY);
      for (int pod = 1; Instant.now().isBefore(back); pod++) {
        outside.workload("server" + pod).on(scene.cluster().last()).start();
        load.moreRequests();
      }
      assertThat(waits.pod().getStatus().getPhase()).isEqualTo("Pending");
    } finally {
      scaleController(scene, 2);
    }
    scene.mesh().awaitEnrolled(waits);
    load.assertUnharmed();
  }

  @Test
  void anotherReplicaTakesOverFromALostController(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "failover");
    scene.expectLog(".*");
    for (Pod controller : scene.mesh().controllers()) {
      scene
          .cluster()
          .tool(
              "kubectl",
              "-n",
              Mesh.NAMESPACE,
              "delete",
              "pod",
              controller.getMetadata().getName(),
              "--grace-period=0",
              "--force");
      Place place = scene.place("after");
      Scene.Pair pair = scene.pair(place);
      place.enrol();
      scene.mesh().awaitEnrolled(pair.client(), pair.server());
      scene.assertEncrypted(pair.client(), pair.server());
      scene.mesh().awaitReady();
    }
    load.assertUnharmed();
  }

  @Test
  void aRotationOfTheRootBreaksNothing(Scene scene) {
    UnderLoad load = UnderLoad.in(scene, "rotation");
    // All trust the new root, then certificates are of it, then the old one goes.
    for (int step = 0; step < 3; step++) {
      scene.mesh().rotateRoot();
      load.moreRequests();
    }
    Place place = scene.meshedPlace("rotated");
    Scene.Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
    load.assertUnharmed();
  }

  @Test
  void anUninstalledMeshLeavesNoTraceAndAnInstalledOneEnrolsAgain(Scene scene) {
    Place place = scene.meshedPlace("uninstall");
    Scene.Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.expectLog(".*");
    Load there = requests(place, "there", scene.cluster().first(), pair.server());
    Load back = requests(place, "back", scene.cluster().last(), pair.client());
    try {
      scene.mesh().uninstall();
      Await.until(
          "the end of the mesh's pods",
          LIMIT,
          () -> {
            List<String> left = names(scene.mesh().agents());
            return new Seen(left.isEmpty(), left.toString());
          });
      for (Load load : List.of(there, back)) {
        assertThat(load.awaitMore(40)).as("requests").matches(tally -> tally.failed() == 0);
      }
      scene.assertPlaintext(pair.client(), pair.server());
      for (ClusterNode node : scene.cluster().nodes()) {
        assertThat(traces(scene, node)).as("traces on " + node.name()).isEmpty();
      }
      // New pods start without it.
      place.workload("later").on(scene.cluster().last()).start();
    } finally {
      scene.mesh().install();
      scene.mesh().awaitReady();
    }
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.assertEncrypted(pair.client(), pair.server());
  }

  private static Load requests(Place place, String name, ClusterNode from, App to) {
    return Load.of(place.workload(name).on(from), to);
  }

  /** The folders themselves stay: an agent's container has them as mounts. */
  static String traces(Scene scene, ClusterNode node) {
    return scene
        .cluster()
        .inNode(
            node,
            "sh",
            "-c",
            "ls -d /opt/cni/bin/*groundmesh* /run/groundmesh/* /var/lib/groundmesh/* /sys/fs/bpf/groundmesh 2>/dev/null;"
                + " grep -l groundmesh /etc/cni/net.d/* 2>/dev/null; true")
        .stdout()
        .strip();
  }

  private static void scaleController(Scene scene, int replicas) {
    scene
        .cluster()
        .tool(
            "kubectl",
            "-n",
            Mesh.NAMESPACE,
            "scale",
            "deployment/" + Mesh.CONTROLLER,
            "--replicas=" + replicas);
    Await.until(
        replicas + " controllers",
        LIMIT,
        () -> {
          List<String> pods = names(scene.mesh().controllers());
          return new Seen(pods.size() == replicas, pods.toString());
        });
    if (replicas > 0) {
      scene.mesh().awaitReady();
    }
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
  }

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .mapToInt(status -> status.getRestartCount())
        .sum();
  }

  /**
   * A server between two nodes under requests and with held connections, none of which may fail.
   */
  record UnderLoad(Load requests, Load held) {
    private static final int HELD = 5;

    static UnderLoad in(Scene scene, String prefix) {
      Place place = scene.meshedPlace(prefix);
      App server = place.workload("server").on(scene.cluster().last()).start();
      scene.mesh().awaitEnrolled(server);
      return new UnderLoad(
          Load.of(place.workload("requests").on(scene.cluster().first()), server),
          Load.hold(
              place.workload("held").on(scene.cluster().first()), server.ip() + ":9000", HELD));
    }

    void moreRequests() {
      requests.awaitMore(40);
      held.awaitMore(40);
    }

    void end() {
      requests.app().end();
      held.app().end();
    }

    void assertUnharmed() {
      moreRequests();
      assertThat(requests.tally()).as("requests").matches(tally -> tally.failed() == 0);
      assertThat(held.tally())
          .as("held connections")
          .matches(tally -> tally.failed() == 0 && tally.open() == HELD);
    }
  }
}
