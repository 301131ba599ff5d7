package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.cluster.Wire;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What one test uses: the cluster, the mesh, namespaces of its own. */
final class Scene {
  private static final Pattern SEVERE = Pattern.compile("^\\S+\\s+(warn|error|WARN|ERROR)\\b.*");

  /** A namespace that a test made. */
  private static final Pattern OF_A_TEST = Pattern.compile("e2e-[a-z0-9]+(-out)?-[a-z0-9]{4}");

  /**
   * What the mesh tells of connections to the API server and to controllers that broke: those that
   * nothing crosses are found broken long after a test broke them.
   */
  private static final Pattern AFTERMATH =
      Pattern.compile("KindWatch .*: (lost|no word)|LeaseLeadership|CONTROL_PLANE_UNREACHABLE");

  private static final Duration AFTERMATH_LASTS = Duration.ofSeconds(90);

  private final Cluster cluster;
  private final Mesh mesh;
  private final Instant aftermathEnds;
  private final Instant start = Instant.now();
  private final List<Place> places = new ArrayList<>();

  /**
   * A pod that ends loses its network namespace before the API server says so, and its identity
   * before every agent has heard of it.
   */
  private final List<Pattern> expected =
      new ArrayList<>(
          List.of(
              Pattern.compile("ENROLMENT_FAILED.* no network namespace"),
              Pattern.compile("is not redirected: .* no network namespace"),
              Pattern.compile("certificate for .* refused: identity: .*/ns/e2e-.*not_on_node")));

  private final List<Pattern> expectedAccess = new ArrayList<>();

  /**
   * @param disrupted when a test ended that broke parts of the cluster or of the mesh
   */
  Scene(Cluster cluster, Mesh mesh, Instant disrupted) {
    this.cluster = cluster;
    this.mesh = mesh;
    this.aftermathEnds = disrupted.plus(AFTERMATH_LASTS);
  }

  Cluster cluster() {
    return cluster;
  }

  Mesh mesh() {
    return mesh;
  }

  /** When the test began. */
  Instant start() {
    return start;
  }

  /** A new namespace outside the mesh. */
  Place place(String prefix) {
    return place(prefix, Map.of());
  }

  /** A new namespace of the mesh. */
  Place meshedPlace(String prefix) {
    return place(prefix, Map.of(Place.DATAPLANE_MODE, "ambient"));
  }

  private Place place(String prefix, Map<String, String> labels) {
    Place place = Place.create(cluster, prefix, labels);
    places.add(place);
    return place;
  }

  /** A pod on the first node with another's server on the last one. */
  Pair pair(Place place) {
    App server = place.workload("server").on(cluster.last()).start();
    App client = place.workload("client").on(cluster.first()).start();
    return new Pair(client, server);
  }

  /** A client on the first node and a server on the last one. */
  record Pair(App client, App server) {
    /** The client's GET to the server's address. */
    App.Answer talk() {
      return client.get("http://" + server.ip() + ":8080/");
    }
  }

  /** A text that nothing else carries. */
  static String secret() {
    return "secret-" + UUID.randomUUID();
  }

  /** Asserts that what the client says to the server crosses the wire between the nodes unread. */
  void assertEncrypted(App client, App server) {
    assertEncrypted(client, server, server.ip() + ":8080");
  }

  /**
   * The same where the client calls the server otherwise.
   *
   * @param target host and port, as in a URL
   */
  void assertEncrypted(App client, App server, String target) {
    String secret = secret();
    try (Wire wire = cluster.capture(server.node())) {
      App.Answer answer = client.get("http://" + target + "/" + secret);
      assertThat(answer).as("the request").matches(App.Answer::succeeded);
      assertThat(wire.saw(secret)).as("the wire carried the request's text").isFalse();
      assertThat(wire.packets().ofPort(15008).payloadBytes())
          .as("bytes by the tunnel's port")
          .isPositive();
    }
  }

  /** Whether what the client says to the server crosses the wire between the nodes unread. */
  boolean isEncrypted(App client, App server) {
    String secret = secret();
    try (Wire wire = cluster.capture(server.node())) {
      return client.get("http://" + server.ip() + ":8080/" + secret).succeeded()
          && !wire.saw(secret);
    }
  }

  /** Asserts that whoever taps the wire between the nodes reads what the client says. */
  void assertPlaintext(App client, App server) {
    String secret = secret();
    try (Wire wire = cluster.capture(server.node())) {
      App.Answer answer = client.get("http://" + server.ip() + ":8080/" + secret);
      assertThat(answer).as("the request").matches(App.Answer::succeeded);
      assertThat(wire.saw(secret)).as("the wire carried the request's text").isTrue();
    }
  }

  /** Says that such lines in the mesh's own logs are no fault, in this test. */
  void expectLog(String regex) {
    expected.add(Pattern.compile(regex));
  }

  /** Says that policies may refuse this test's connections, and cut those open when they come. */
  void expectRefusalsByPolicy() {
    expectRefusals("POLICY_DENIED|POLICY_NOT_ALLOWED|POLICY_CHANGED|HBONE_UNAUTHORIZED");
  }

  /** Says that such refusals or failures of this test's connections are no fault. */
  void expectRefusals(String regex) {
    expectedAccess.add(Pattern.compile(regex));
  }

  /** The lines of the mesh's logs that no test should cause; those of connections only if ours. */
  List<String> unexpectedLogLines() {
    var unexpected = new ArrayList<String>();
    var pods = new ArrayList<Pod>(mesh.agents());
    pods.addAll(mesh.controllers());
    for (Pod pod : pods) {
      mesh.log(pod, start)
          .lines()
          .filter(line -> SEVERE.matcher(line).matches())
          .filter(this::isUnexpected)
          .forEach(line -> unexpected.add(pod.getMetadata().getName() + ": " + line));
    }
    return unexpected;
  }

  private boolean isUnexpected(String line) {
    if (line.contains("\taccess\t")) {
      return places.stream().anyMatch(place -> line.contains("\"" + place.name() + "\""))
          && expectedAccess.stream().noneMatch(pattern -> pattern.matcher(line).find());
    }
    return isOurs(line)
        && expected.stream().noneMatch(pattern -> pattern.matcher(line).find())
        && !isAftermath(line);
  }

  /**
   * What is said of another test's namespace is for that test to judge; and of one that is being
   * deleted, agents and controllers ask for a while what they are then refused.
   */
  private boolean isOurs(String line) {
    List<String> named = OF_A_TEST.matcher(line).results().map(MatchResult::group).toList();
    return named.isEmpty()
        || places.stream().anyMatch(place -> !place.isDeleted() && named.contains(place.name()));
  }

  private boolean isAftermath(String line) {
    return AFTERMATH.matcher(line).find()
        && OffsetDateTime.parse(line.split("\\s", 2)[0]).toInstant().isBefore(aftermathEnds);
  }

  /** What to look at when the test failed. */
  String describe() {
    var text = new StringBuilder();
    for (Place place : places) {
      text.append("namespace ").append(place.name()).append('\n');
      for (Pod pod : cluster.client().pods().inNamespace(place.name()).list().getItems()) {
        text.append("  ")
            .append(Place.told(pod))
            .append(' ')
            .append(Mesh.redirection(pod))
            .append('\n');
        tail(logOf(new App(place, pod.getMetadata().getName())), 6)
            .forEach(line -> text.append("    ").append(line).append('\n'));
      }
      cluster.client().v1().events().inNamespace(place.name()).list().getItems().stream()
          .filter(event -> "Warning".equals(event.getType()))
          .forEach(
              event ->
                  text.append("  event ")
                      .append(event.getInvolvedObject().getName())
                      .append(' ')
                      .append(event.getReason())
                      .append(": ")
                      .append(event.getMessage())
                      .append('\n'));
    }
    var pods = new ArrayList<Pod>(mesh.agents());
    pods.addAll(mesh.controllers());
    for (Pod pod : pods) {
      String log = mesh.log(pod, start);
      text.append("log of ")
          .append(pod.getMetadata().getName())
          .append(" on ")
          .append(pod.getSpec().getNodeName())
          .append('\n');
      log.lines()
          .filter(line -> SEVERE.matcher(line).matches())
          .limit(40)
          .forEach(line -> text.append("  ").append(line).append('\n'));
      text.append("  and at the end\n");
      tail(log, 15).forEach(line -> text.append("  ").append(line).append('\n'));
    }
    return text.toString();
  }

  private static String logOf(App app) {
    try {
      return app.log();
    } catch (KubernetesClientException e) {
      return "no log: " + e.getMessage();
    }
  }

  private static List<String> tail(String log, int count) {
    List<String> lines = log.lines().toList();
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
  }

  void close() {
    places.forEach(Place::close);
  }
}
