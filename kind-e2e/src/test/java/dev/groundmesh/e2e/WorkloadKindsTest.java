package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.ClusterNode;
import dev.groundmesh.e2e.cluster.Wire;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every kind of workload and of reaching one works in the mesh as it does without. */
@EndToEndTest
class WorkloadKindsTest {
  private static final Duration FETCH_LIMIT = Duration.ofSeconds(10);
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Test
  void aServiceSpreadsOverADeploymentsPods(Scene scene) {
    Place place = scene.meshedPlace("deployment");
    place.service("web", "web");
    place.workload("web").deploy(3);
    App client = place.workload("client").start();
    List<App> servers = place.awaitReady("web", 3);
    scene.mesh().awaitRedirection(servers, "enabled");
    scene.mesh().awaitEnrolled(client);
    client.awaitAnswer("http://web/");
    Await.until(
        "answers of all three",
        LIMIT,
        () -> {
          App.Answer answer = client.run("get", "http://web/", "30");
          assertThat(answer).matches(App.Answer::succeeded);
          Set<String> hosts = new HashSet<>();
          answer.out().lines().forEach(line -> hosts.add(line.substring(0, line.indexOf(' '))));
          return new Seen(hosts.size() == 3, hosts.toString());
        });
  }

  @Test
  void podsOfAStatefulSetAreReachedByTheirNames(Scene scene) {
    Place place = scene.meshedPlace("stateful");
    place.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: db}
        spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 8080}]}
        """);
    place.workload("db").on(scene.cluster().last()).statefulSet(2);
    App client = place.workload("client").on(scene.cluster().first()).start();
    List<App> servers = place.awaitReady("db", 2);
    scene.mesh().awaitRedirection(servers, "enabled");
    scene.mesh().awaitEnrolled(client);
    assertThat(client.awaitAnswer("http://db-0.db:8080/").out()).contains("host=db-0 ");
    assertThat(client.awaitAnswer("http://db-1.db:8080/").out()).contains("host=db-1 ");
    scene.assertEncrypted(client, servers.getFirst(), "db-0.db:8080");
  }

  @Test
  void aHeadlessServiceResolvesToItsPods(Scene scene) {
    Place place = scene.meshedPlace("headless");
    place.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
        """);
    place.workload("web").on(scene.cluster().last()).deploy(2);
    App client = place.workload("client").on(scene.cluster().first()).start();
    List<App> servers = place.awaitReady("web", 2);
    scene.mesh().awaitRedirection(servers, "enabled");
    scene.mesh().awaitEnrolled(client);
    Set<String> addresses = servers.stream().map(App::ip).collect(Collectors.toSet());
    Await.until(
        "the addresses " + addresses,
        LIMIT,
        () -> {
          App.Answer answer = client.run("lookup", "web");
          return new Seen(
              answer.out().lines().collect(Collectors.toSet()).equals(addresses),
              answer.toString());
        });
    scene.assertEncrypted(client, servers.getFirst(), "web:8080");
  }

  @Test
  void aJobThatTalksEnds(Scene scene) {
    Place place = scene.meshedPlace("job");
    place.service("web", "web");
    App server = place.workload("web").start();
    App client = place.workload("client").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client, server);
    client.awaitAnswer("http://web/");
    place.workload("once").on(scene.cluster().first()).args("get", "http://web/", "3").job();
    EnrolmentTest.awaitSucceeded(scene, place, "once");
  }

  @Test
  void podsOfADaemonSetReachEachOther(Scene scene) {
    Place place = scene.meshedPlace("daemonset");
    place.workload("each").onEachNode();
    List<App> pods = place.awaitReady("each", scene.cluster().nodes().size());
    scene.mesh().awaitRedirection(pods, "enabled");
    for (App from : pods) {
      for (App to : pods) {
        if (!from.equals(to)) {
          scene.assertEncrypted(from, to);
        }
      }
    }
  }

  @Test
  void anInitContainerTalksThroughTheMesh(Scene scene) {
    Place place = scene.meshedPlace("init");
    place.service("web", "web");
    place.apply(STRICT);
    App server = place.workload("web").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(server);
    App client = place.workload("client").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client);
    client.awaitAnswer("http://web/");
    String secret = Scene.secret();
    try (Wire wire = scene.cluster().capture(scene.cluster().last())) {
      App app =
          place
              .workload("app")
              .on(scene.cluster().first())
              .init("get", "http://web/" + secret)
              .start();
      assertThat(app.pod().getStatus().getInitContainerStatuses().getFirst().getRestartCount())
          .isZero();
      assertThat(wire.saw(secret)).as("the wire carried the request's text").isFalse();
    }
  }

  @Test
  void aHostNetworkPodReachesTheMesh(Scene scene) {
    Place place = scene.meshedPlace("hostclient");
    App server = place.workload("server").on(scene.cluster().last()).start();
    App client =
        place
            .workload("host")
            .on(scene.cluster().first())
            .hostNetwork()
            .args("load", "http", "http://" + server.ip() + ":8080/", "1")
            .start();
    scene.mesh().awaitEnrolled(server);
    assertThat(client.get("http://" + server.ip() + ":8080/")).matches(App.Answer::succeeded);
  }

  @Test
  void aMeshedPodReachesAHostNetworkServer(Scene scene) {
    Place place = scene.meshedPlace("hostserver");
    App server = place.workload("host").on(scene.cluster().last()).hostNetwork().start();
    App client = place.workload("client").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client);
    assertThat(client.get("http://" + server.ip() + ":8080/")).matches(App.Answer::succeeded);
  }

  @Test
  void aNodePortLeadsToMeshedPods(Scene scene) {
    Place place = scene.meshedPlace("nodeport");
    App server = place.workload("web").on(scene.cluster().last()).start();
    scene.mesh().awaitEnrolled(server);
    int port =
        ((io.fabric8.kubernetes.api.model.Service)
                place
                    .apply(
                        """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: web}
                        spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
                        """)
                    .getFirst())
            .getSpec()
            .getPorts()
            .getFirst()
            .getNodePort();
    for (ClusterNode node : scene.cluster().nodes()) {
      awaitFetched("http://" + node.address() + ":" + port + "/", "host=web ");
    }
  }

  @Test
  void portForwardReachesAMeshedPod(Scene scene) throws Exception {
    Place place = scene.meshedPlace("forward");
    place.apply(STRICT);
    App server = place.workload("web").start();
    scene.mesh().awaitEnrolled(server);
    try (LocalPortForward forward =
        scene
            .cluster()
            .client()
            .pods()
            .inNamespace(place.name())
            .withName("web")
            .portForward(8080)) {
      awaitFetched("http://127.0.0.1:" + forward.getLocalPort() + "/", "host=web ");
    }
  }

  @Test
  void anExternalNameLeadsToAnotherNamespace(Scene scene) {
    Place servers = scene.meshedPlace("named");
    servers.service("web", "web");
    App server = servers.workload("web").on(scene.cluster().last()).start();
    Place clients = scene.meshedPlace("alias");
    clients.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: alias}
        spec: {type: ExternalName, externalName: web.%s.svc.cluster.local}
        """
            .formatted(servers.name()));
    App client = clients.workload("client").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(client, server);
    assertThat(client.awaitAnswer("http://alias/").out()).contains("host=web ");
    scene.assertEncrypted(client, server, "alias:80");
  }

  @Test
  void aServerThatSpeaksFirstIsHeard(Scene scene) {
    Pair pair = scene.pair(scene.meshedPlace("greeting"));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.client().run("greeted", pair.server().ip() + ":9001").out())
        .startsWith("hello host=server ");
  }

  @Test
  void datagramsPassUntouched(Scene scene) {
    Pair pair = scene.pair(scene.meshedPlace("udp"));
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    assertThat(pair.client().run("udp", pair.server().ip() + ":9002", "hi").out())
        .startsWith("hi host=server ");
  }

  @Test
  void aPodReachesItselfThroughItsService(Scene scene) {
    Place place = scene.meshedPlace("hairpin");
    // Not the pod's own name, which its hosts file resolves.
    place.service("self", "web");
    App web = place.workload("web").start();
    scene.mesh().awaitEnrolled(web);
    assertThat(web.awaitAnswer("http://self/").out()).contains("host=web ");
  }

  @Test
  void podsOutsideTheMeshReachItAndAreReached(Scene scene) {
    Place inside = scene.meshedPlace("inside");
    Place outside = scene.place("outside");
    App server = inside.workload("server").on(scene.cluster().last()).start();
    App stranger = outside.workload("stranger").on(scene.cluster().first()).start();
    scene.mesh().awaitEnrolled(server);
    assertThat(stranger.get("http://" + server.ip() + ":8080/")).matches(App.Answer::succeeded);
    assertThat(server.get("http://" + stranger.ip() + ":8080/")).matches(App.Answer::succeeded);
  }

  @Test
  void internalTrafficPolicyLocalStaysOnTheNode(Scene scene) {
    assertStaysOnTheNode(scene, "local", "internalTrafficPolicy: Local");
  }

  @Test
  void trafficDistributionPrefersTheNode(Scene scene) {
    assertStaysOnTheNode(scene, "close", "trafficDistribution: PreferSameNode");
  }

  private static void assertStaysOnTheNode(Scene scene, String prefix, String field) {
    Place place = scene.meshedPlace(prefix);
    place.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: each}
        spec: {%s, selector: {app: each}, ports: [{name: http, port: 80, targetPort: 8080}]}
        """
            .formatted(field));
    place.workload("each").onEachNode();
    App client = place.workload("client").on(scene.cluster().first()).start();
    List<App> servers = place.awaitReady("each", scene.cluster().nodes().size());
    scene.mesh().awaitRedirection(servers, "enabled");
    scene.mesh().awaitEnrolled(client);
    client.awaitAnswer("http://each/");
    // A node's endpoint may be told after another's.
    Await.until(
        "ten answers of the client's node",
        LIMIT,
        () -> {
          App.Answer answer = client.run("get", "http://each/", "10");
          long near =
              answer
                  .out()
                  .lines()
                  .filter(line -> line.contains("node=" + scene.cluster().first().name() + " "))
                  .count();
          return new Seen(near == 10, answer.toString());
        });
  }

  static final String STRICT =
      """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: strict}
      spec: {mtls: {mode: STRICT}}
      """;

  private static void awaitFetched(String url, String expected) {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(FETCH_LIMIT).build()) {
      Await.until(
          url,
          LIMIT,
          () -> {
            try {
              String body =
                  client
                      .send(
                          HttpRequest.newBuilder(URI.create(url)).timeout(FETCH_LIMIT).build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body();
              return new Seen(body.contains(expected), body);
            } catch (IOException e) {
              return new Seen(false, e.toString());
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new IllegalStateException(e);
            }
          });
    }
  }
}
