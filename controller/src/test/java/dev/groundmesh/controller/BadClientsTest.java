package dev.groundmesh.controller;

import static dev.groundmesh.controller.TestAgent.names;
import static dev.groundmesh.controller.compile.TestResources.uid;
import static dev.groundmesh.meshapi.wire.ResourceType.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.xds.DiscoverySettings;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are silent, slow, greedy or strangers; others must not notice. */
@Timeout(60)
class BadClientsTest {

  private static final DiscoverySettings IMPATIENT =
      new DiscoverySettings(
          Duration.ofMillis(5), Duration.ofMillis(500), Duration.ofMillis(1500), 10, 3, 2, 20_000);

  @TempDir Path directory;
  private TestControlPlane control;

  @BeforeEach
  void start() throws Exception {
    ServerSettings defaults = ServerSettings.defaults();
    control =
        new TestControlPlane(
            directory,
            IMPATIENT,
            new ServerSettings(
                12,
                64,
                Duration.ofSeconds(3),
                defaults.maxIdle(),
                defaults.maxAge(),
                defaults.ageGrace(),
                defaults.keepAlive(),
                1 << 20));
    control.resources.pod("a", "10.0.0.1", "node-1").node("node-2");
    control.serve();
  }

  @AfterEach
  void stop() {
    control.close();
  }

  @Test
  void streamWithoutATokenIsRefused() throws Exception {
    TestAgent stranger = new TestAgent(control.channel(), "");
    assertThat(stranger.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void streamWithAForgedTokenIsRefused() throws Exception {
    String token = control.agentToken("node-1");
    TestAgent stranger =
        new TestAgent(control.channel(), token.substring(0, token.length() - 8) + "AAAAAAAA");
    assertThat(stranger.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void silentStreamIsEnded() throws Exception {
    TestAgent silent = control.agent("node-1");
    Status end = silent.end();
    assertThat(end.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    Await.until(() -> control.controlPlane.discovery().connected() == 0);
  }

  @Test
  void silentStreamsDoNotKeepOthersFromBeginning() throws Exception {
    control.agent("node-2");
    control.agent("node-2");
    TestAgent good = control.agent("node-1");
    good.subscribe(ADDRESS, Map.of());
    assertThat(names(good.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void agentThatNeverAnswersIsEndedAndOthersGoOn() throws Exception {
    TestAgent mute = control.agent("node-1");
    mute.subscribe(ADDRESS, Map.of());
    mute.next();
    TestAgent good = control.agent("node-2");
    good.subscribe(ADDRESS, Map.of());
    good.nextAcked();
    control.resources.pod("b", "10.0.0.2", "node-2").publish();
    assertThat(names(good.nextAcked())).containsExactly(uid("b"));
    assertThat(mute.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(mute.hasResponse()).isFalse();
    assertThat(good.isOpen()).isTrue();
  }

  @Test
  void agentThatReadsNothingIsEndedWithLittleHeldForIt() throws Exception {
    for (int i = 0; i < 15_000; i++) {
      control.resources.pod(
          "pod-with-a-rather-long-name-" + i, "10.1." + i / 250 + '.' + i % 250, "node-2");
    }
    control.resources.publish();
    TestAgent deaf = new TestAgent(control.channel(), control.agentToken("node-1"), 0);
    deaf.subscribe(ADDRESS, Map.of());
    TestAgent good = control.agent("node-2");
    good.subscribe(ADDRESS, Map.of());
    int received = 0;
    while (received < 15_001) {
      received += good.nextAcked().getResourcesCount();
    }
    Await.until(() -> control.controlPlane.discovery().connected() == 1);
    deaf.read(1000);
    assertThat(deaf.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void agentFarBehindIsToldToBeginAnew(@TempDir Path other) throws Exception {
    DiscoverySettings forgetful =
        new DiscoverySettings(
            Duration.ofMillis(5), Duration.ofSeconds(30), Duration.ofSeconds(30), 10, 3, 2, 50);
    try (TestControlPlane busy =
        new TestControlPlane(other, forgetful, ServerSettings.defaults())) {
      busy.serve();
      TestAgent slow = busy.agent("node-1");
      slow.subscribe(ADDRESS, Map.of());
      var first = slow.next();
      for (int i = 0; i < 100; i++) {
        busy.resources.pod("p" + i, "10.1.0." + i, "node-2").publish();
      }
      slow.ack(first);
      assertThat(slow.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void streamsOfOneAccountAreBounded() throws Exception {
    List<TestAgent> agents = new ArrayList<>();
    ManagedChannel channel = control.channel();
    for (int i = 0; i < 3; i++) {
      TestAgent agent = new TestAgent(channel, control.agentToken("node-1"));
      agent.subscribe(ADDRESS, Map.of());
      agent.nextAcked();
      agents.add(agent);
    }
    TestAgent fourth = new TestAgent(channel, control.agentToken("node-1"));
    assertThat(fourth.end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    agents.getFirst().cut();
    Await.until(() -> control.controlPlane.discovery().connected() == 2);
    TestAgent again = new TestAgent(channel, control.agentToken("node-1"));
    again.subscribe(ADDRESS, Map.of());
    again.nextAcked();
  }

  @Test
  void oversizedRequestEndsOnlyItsStream() throws Exception {
    TestAgent greedy = control.agent("node-1");
    greedy.ask(ADDRESS, "x".repeat(2 << 20));
    assertThat(greedy.end().getCode()).isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
    TestAgent good = control.agent("node-2");
    good.subscribe(ADDRESS, Map.of());
    assertThat(names(good.nextAcked())).containsExactly(uid("a"));
  }

  @Test
  void cutStreamIsForgotten() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    agent.cut();
    Await.until(() -> control.controlPlane.discovery().connected() == 0);
    control.resources.pod("b", "10.0.0.2", "node-2").publish();
    TestAgent good = control.agent("node-2");
    good.subscribe(ADDRESS, Map.of());
    assertThat(names(good.nextAcked())).contains(uid("b"));
  }

  @Test
  void connectionThatSaysNothingIsClosed() throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), control.controlPlane.xdsPort())) {
      socket.setSoTimeout(20_000);
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void connectionsBeyondTheLimitAreClosedAtOnce() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 14; i++) {
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), control.controlPlane.xdsPort());
        sockets.add(socket);
      }
      Await.until(
          () -> {
            try {
              return control
                  .http("GET", "/metrics")
                  .body()
                  .contains("groundmesh_connections_refused_total 2");
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void slowClientsOfTheAdminEndpointDoNotHideReadiness() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        Socket client =
            new Socket(InetAddress.getLoopbackAddress(), control.controlPlane.adminPort());
        slow.add(client);
        client.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(control.http("GET", "/ready").statusCode()).isEqualTo(200);
    } finally {
      for (Socket client : slow) {
        client.close();
      }
    }
  }

  @Test
  void plaintextClientIsClosed() throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), control.controlPlane.xdsPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      int read = 0;
      while (read >= 0) {
        read = in.read();
      }
    }
  }

  @Test
  void shutdownTellsAgentsToComeBack() throws Exception {
    TestAgent agent = control.agent("node-1");
    agent.subscribe(ADDRESS, Map.of());
    agent.nextAcked();
    control.controlPlane.close();
    assertThat(agent.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }
}
