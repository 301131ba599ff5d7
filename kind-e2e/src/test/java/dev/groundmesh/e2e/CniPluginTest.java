package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the CNI plugin does to pods that start while agents or its configuration are away. */
@DisruptiveTest
class CniPluginTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String PLUGIN = "groundmesh-cni";

  @Test
  void whileNoAgentIsThereANewPodOfTheMeshWaitsAndAnEventSaysWhy(Scene scene) {
    scene.expectLog(".*");
    Place place = scene.meshedPlace("noagent");
    App[] waits = new App[1];
    scene
        .mesh()
        .withoutAgents(
            () -> {
              waits[0] = place.workload("waits").on(scene.cluster().last()).create();
              Await.until(
                  "an event of the plugin",
                  LIMIT,
                  () -> {
                    List<String> events = place.events("waits");
                    return new Seen(
                        events.stream()
                            .anyMatch(event -> event.contains("no Groundmesh agent is ready")),
                        events.toString());
                  });
              assertThat(waits[0].pod().getStatus().getPhase()).isEqualTo("Pending");
            });
    place.awaitReady("waits", 1);
    scene.mesh().awaitEnrolled(waits[0]);
  }

  @Test
  void whileNoAgentIsThereNewPodsOutsideTheMeshStart(Scene scene) {
    scene.expectLog(".*");
    Place place = scene.place("noagent");
    // By this the node's agent has heard of the namespace, which it leaves a note of.
    place.workload("known").on(scene.cluster().last()).start();
    scene.mesh().withoutAgents(() -> place.workload("later").on(scene.cluster().last()).start());
  }

  @Test
  void anotherCniThatWritesItsConfigurationAnewIsFollowed(Scene scene) {
    ClusterNode node = scene.cluster().first();
    String file = inNode(scene, node, "ls /etc/cni/net.d/*.conflist | head -n 1");
    String chained = inNode(scene, node, "cat " + file);
    assertThat(chained).contains(PLUGIN);
    String written =
        Base64.getEncoder().encodeToString(without(chained).getBytes(StandardCharsets.UTF_8));
    inNode(
        scene,
        node,
        "echo %s | base64 -d >/etc/cni/net.d/.new && mv /etc/cni/net.d/.new %s"
            .formatted(written, file));
    Await.until(
        "the plugin in " + file,
        LIMIT,
        () -> {
          String now = inNode(scene, node, "cat " + file);
          return new Seen(now.contains(PLUGIN), now);
        });
    EnrolmentTest.assertBornIntoTheMesh(scene, scene.meshedPlace("rewritten"));
  }

  private static String inNode(Scene scene, ClusterNode node, String script) {
    return scene.cluster().inNode(node, "sh", "-c", script).orThrow().stdout().strip();
  }

  /** The configuration as the other CNI has it. */
  private static String without(String list) {
    try {
      JsonNode root = new ObjectMapper().readTree(list);
      Iterator<JsonNode> plugins = root.path("plugins").iterator();
      while (plugins.hasNext()) {
        if (plugins.next().path("type").asText().equals(PLUGIN)) {
          plugins.remove();
        }
      }
      assertThat(root.toString()).doesNotContain(PLUGIN);
      return root.toString();
    } catch (JsonProcessingException e) {
      throw new AssertionError(list, e);
    }
  }
}
