package dev.groundmesh.nodeagent.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.explain.Explanation;
import dev.groundmesh.nodeagent.log.LogCapture;
import dev.groundmesh.nodeagent.log.LogFormat;
import dev.groundmesh.nodeagent.telemetry.AgentMetrics;
import dev.groundmesh.nodeagent.telemetry.Telemetry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class AdminServerTest {
  private static final class View implements AdminView {
    final List<String> notReady = new ArrayList<>();
    volatile boolean shutDown;

    @Override
    public MeshSnapshot snapshot() {
      return MeshSnapshot.EMPTY;
    }

    @Override
    public List<Pod> pods() {
      return List.of(
          new Pod("uid-1", "web-1", "shop", "web", "cluster.local", "Pending", "no netns yet"));
    }

    @Override
    public List<Certificate> certificates() {
      return List.of(new Certificate("spiffe://a/ns/b/sa/c", "Initializing", List.of(), List.of()));
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("NODE_NAME", "n1");
    }

    @Override
    public List<String> notReadyBecause() {
      return List.copyOf(notReady);
    }

    @Override
    public Explanation explain(String from, String to, int port) {
      throw new IllegalArgumentException("from: " + from + " (expected: a workload)");
    }

    @Override
    public void shutDown() {
      shutDown = true;
    }
  }

  private final View view = new View();
  private final LogCapture capture = new LogCapture(LogFormat.TEXT, "info");
  private final Telemetry telemetry = new Telemetry(capture.log(), System::nanoTime);
  private final AdminServer server =
      new AdminServer(view, telemetry, new AgentMetrics(telemetry, "1.2.3"), capture.log());
  private final HttpClient client = HttpClient.newHttpClient();
  private List<Integer> ports = List.of();

  @BeforeEach
  void start() throws IOException {
    ports = server.start(InetAddress.getLoopbackAddress(), 0, 0, 0);
  }

  @AfterEach
  void stop() {
    server.close();
    client.close();
    capture.written();
  }

  private HttpResponse<String> send(String method, int port, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(port) + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void readinessNamesWhatIsMissing() throws Exception {
    view.notReady.add("no answer from the control plane yet");

    HttpResponse<String> response = send("GET", 2, "/healthz/ready");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).contains("no answer from the control plane yet");
  }

  @Test
  void readyWhenNothingIsMissing() throws Exception {
    assertThat(send("GET", 2, "/healthz/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreServedUnderBothPaths() throws Exception {
    for (String path : List.of("/metrics", "/stats/prometheus")) {
      assertThat(send("GET", 1, path).body())
          .contains("istio_build{component=\"ztunnel\",tag=\"1.2.3\"} 1")
          .contains("# TYPE istio_tcp_connections_opened_total counter");
    }
  }

  @Test
  void configDumpHasTheSectionsThatIstioctlReads() throws Exception {
    assertThat(send("GET", 0, "/config_dump").body())
        .contains("\"workloads\":[]", "\"services\":[]", "\"policies\":[]")
        .contains("\"certificates\":[{\"identity\":\"spiffe://a/ns/b/sa/c\"")
        .contains("\"workloadState\":{\"uid-1\":{\"state\":\"Pending\",\"detail\":\"no netns yet\"")
        .contains("\"config\":{\"NODE_NAME\":\"n1\"}");
  }

  @Test
  void logLevelChangesAtRunTime() throws Exception {
    assertThat(send("POST", 0, "/logging?level=warn,access=debug").body())
        .contains("warn,access=debug");
    assertThat(capture.log().enabled("access", Level.DEBUG)).isTrue();
    assertThat(capture.log().enabled("other", Level.INFO)).isFalse();
  }

  @Test
  void badLogLevelIsNamedAndChangesNothing() throws Exception {
    HttpResponse<String> response = send("POST", 0, "/logging?level=loud");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("loud").contains("expected");
    assertThat(send("GET", 0, "/logging").body()).contains("info");
  }

  @Test
  void quittingTakesAPost() throws Exception {
    assertThat(send("GET", 0, "/quitquitquit").statusCode()).isEqualTo(405);
    assertThat(view.shutDown).isFalse();
    assertThat(send("POST", 0, "/quitquitquit").statusCode()).isEqualTo(200);
    assertThat(view.shutDown).isTrue();
  }

  @Test
  void questionThatNamesNothingIsAnsweredByItsName() throws Exception {
    HttpResponse<String> response = send("GET", 0, "/explain?from=shop/ghost&to=shop/web&port=80");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("from: shop/ghost");
    assertThat(send("GET", 0, "/explain?from=a&to=b&port=none").body()).contains("port: none");
  }

  @Test
  void unknownPageIsNotFound() throws Exception {
    assertThat(send("GET", 0, "/config_dump/more").statusCode()).isEqualTo(404);
    assertThat(send("GET", 0, "/nothing").statusCode()).isEqualTo(404);
  }
}
