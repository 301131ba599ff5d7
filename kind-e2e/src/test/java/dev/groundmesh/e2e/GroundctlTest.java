package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Load;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import dev.groundmesh.e2e.mesh.Mesh;
import dev.groundmesh.lab.process.Command;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line against a cluster, as its users run it: the launcher, as a process. */
@EndToEndTest
class GroundctlTest {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir private Path folder = Path.of(".");

  private static Command.Output groundctl(Scene scene, String... arguments) {
    String kubeconfig = scene.cluster().tool("kubeconfig").stdout().strip();
    var line = new ArrayList<>(List.of("../groundctl/target/groundctl"));
    line.addAll(List.of(arguments));
    line.addAll(List.of("--kubeconfig", kubeconfig));
    return Command.run(line, "", LIMIT);
  }

  private static JsonNode json(Command.Output output) throws Exception {
    assertThat(output.stdout()).as(output.stderr()).isNotEmpty();
    return new ObjectMapper().readTree(output.stdout());
  }

  @Test
  void statusKnowsTheAgentOfEveryNode(Scene scene) throws Exception {
    JsonNode status = json(groundctl(scene, "status", "-o", "json"));

    assertThat(status.path("agents").findValuesAsText("node"))
        .containsAll(scene.cluster().nodes().stream().map(ClusterNode::name).toList());
  }

  @Test
  void checkOfAMeshInOrderFailsOnNothing(Scene scene) throws Exception {
    JsonNode checks = json(groundctl(scene, "check", "-o", "json")).path("checks");

    // Beside other tests, whose pods may be on their way into the mesh.
    assertThat(checks)
        .filteredOn(check -> !check.path("name").asText().equals("pods captured"))
        .isNotEmpty()
        .allSatisfy(check -> assertThat(check.path("outcome").asText()).isNotEqualTo("FAILED"));
  }

  @Test
  void explainNamesThePolicyThatRefuses(Scene scene) throws Exception {
    Place place = scene.meshedPlace("explain");
    Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    place.apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: nobody}
        spec: {selector: {matchLabels: {app: server}}}
        """);
    String from = place.name() + '/' + pair.client().name();
    String to = place.name() + '/' + pair.server().name();
    Await.until(
        "the answer of explain",
        LIMIT,
        () -> {
          Command.Output output =
              groundctl(scene, "explain", "--from", from, "--to", to, "--port", "8080");
          return new Seen(
              output.exit() == 1 && output.stdout().contains("refused POLICY_NOT_ALLOWED"),
              output.stdout() + output.stderr());
        });
  }

  @Test
  void connectionsTellsTheTwoEndsAndThatItIsMutualTls(Scene scene) throws Exception {
    Place place = scene.meshedPlace("connections");
    App server = place.workload("server").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(server);
    Load.hold(place.workload("holder").on(scene.cluster().first()), server.ip() + ":9000", 1);

    JsonNode connections = json(groundctl(scene, "connections", "-o", "json"));

    assertThat(connections)
        .anySatisfy(
            connection -> {
              assertThat(connection.path("destination").path("workload").asText())
                  .startsWith("server");
              assertThat(connection.path("source").path("namespace").asText())
                  .isEqualTo(place.name());
              assertThat(connection.path("mutualTls").asBoolean()).isTrue();
            });
  }

  @Test
  void analyzeFindsASelectorThatMatchesNothing(Scene scene) throws Exception {
    Place place = scene.meshedPlace("analyze");
    place.workload("server").start();
    place.apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: misspelt}
        spec:
          selector: {matchLabels: {app: sever}}
          rules: [{from: [{source: {namespaces: [%s]}}]}]
        """
            .formatted(place.name()));

    Command.Output output =
        groundctl(
            scene, "analyze", "-n", place.name(), "--failure-threshold", "warning", "-o", "json");

    assertThat(output.exit()).isEqualTo(1);
    assertThat(json(output).findValuesAsText("code")).containsExactly("SELECTOR_MATCHES_NOTHING");
  }

  @Test
  void analyzeTellsWhatAManifestWouldPutWrong(Scene scene) throws Exception {
    Place place = scene.meshedPlace("manifest");
    place.workload("server").start();
    Path manifest =
        Files.writeString(
            folder.resolve("strict.yaml"),
            """
            apiVersion: v1
            kind: Service
            metadata: {name: public, namespace: %s}
            spec: {type: NodePort, selector: {app: server}, ports: [{name: http, port: 80}]}
            ---
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: strict, namespace: %s}
            spec: {mtls: {mode: STRICT}}
            """
                .formatted(place.name(), place.name()));

    Command.Output output = groundctl(scene, "analyze", "-f", manifest.toString(), "-o", "lines");

    assertThat(output.exit()).as(output.stderr()).isZero();
    assertThat(output.stdout())
        .startsWith(manifest + ":9:")
        .contains("STRICT_PLAINTEXT_CLIENT", "NodePort");
  }

  @Test
  void bugReportHoldsNoSecretOfTheMesh(Scene scene) throws Exception {
    Secret authority =
        scene
            .cluster()
            .client()
            .secrets()
            .inNamespace(Mesh.NAMESPACE)
            .withName("groundmesh-ca")
            .require();
    Path archive = folder.resolve("report.tar.gz");

    Command.Output output = groundctl(scene, "bug-report", "--file", archive.toString());

    assertThat(output.exit()).as(output.stderr()).isZero();
    Command.run("tar", "-xzf", archive.toString(), "-C", folder.toString()).orThrow();
    List<String> secrets = new ArrayList<>();
    for (String encoded : authority.getData().values()) {
      String text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      secrets.add(encoded);
      secrets.add(text.strip());
    }
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> texts =
          files.filter(Files::isRegularFile).filter(each -> !each.equals(archive)).toList();
      assertThat(texts).hasSizeGreaterThan(20);
      for (Path text : texts) {
        assertThat(Files.readString(text))
            .as(text.toString())
            .doesNotContain(secrets)
            .doesNotContain("PRIVATE KEY");
      }
    }
  }
}
