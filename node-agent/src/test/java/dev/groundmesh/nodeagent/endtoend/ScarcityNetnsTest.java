package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an agent does when it is refused what it needs: descriptors, disk, certificates. */
@Tag("netns")
class ScarcityNetnsTest {
  private static final int ECHO = 8080;
  private static final int DESCRIPTORS = 320;

  /** Twice the windows of the tunnels between two nodes are more than an agent's memory. */
  private static final int UNREAD_CONNECTIONS = 40;

  private static final Duration RECOVERY = Duration.ofSeconds(60);

  private Lab lab;
  private Mesh mesh;
  private Node a;
  private Node b;
  private Pod client;
  private Pod neighbour;
  private Pod web;
  private Pod outsider;
  private final List<Program> agents = new ArrayList<>();

  @BeforeEach
  void pods() throws Exception {
    lab = Lab.open("scarcity");
    mesh = Mesh.of(lab);
    a = lab.node("node-a");
    b = lab.node("node-b");
    client = a.pod("shop/client").serviceAccount("client").start();
    neighbour = a.pod("shop/neighbour").start();
    web = b.pod("shop/web").serviceAccount("web").start();
    outsider = b.pod("elsewhere/outsider").start();
    PodServer.echo(neighbour, ECHO);
    PodServer.echo(web, ECHO);
    PodServer.echo(outsider, ECHO);
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
  }

  @AfterEach
  void close() throws IOException {
    Logs.keep(agents.toArray(new Program[0]));
    lab.close();
  }

  private Program startAgent(Node node, Pod... pods) {
    Program agent = Programs.agent(mesh, node);
    agents.add(agent);
    return Programs.awaitEnrolled(agent, pods);
  }

  @Test
  @Timeout(180)
  void withoutDescriptorsNewConnectionsAreShedAndServedAgainLater() throws Exception {
    Programs.controller(mesh);
    mesh.awaitToken(a);
    Program agentA = mesh.agent(a).start();
    agents.add(agentA);
    Command.run("prlimit", "--pid", Long.toString(agentA.pid()), "--nofile=" + DESCRIPTORS);
    Programs.awaitEnrolled(agentA, client, neighbour);
    startAgent(b, web);
    Refusals refusals = Refusals.outbound(agentA, a, ReasonCode.FD_LIMIT);
    List<Socket> held = new ArrayList<>();
    try (Socket open = Clients.connect(client, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      int shed = 0;
      for (int i = 0; i < DESCRIPTORS && shed < 10; i++) {
        try {
          Socket socket = Clients.connect(client, outsider.ipv4(), ECHO);
          held.add(socket);
          Clients.exchange(socket, "held");
        } catch (IOException e) {
          shed++;
        }
      }
      assertThat(shed).isEqualTo(10);
      refusals.awaitOneMore();
      assertThat(Clients.exchange(open, "during")).isEqualTo("during");
      assertThat(agentA.isAlive()).isTrue();
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
    }
    Clients.awaitEcho(client, web.ipv4(), ECHO, "again");
    Clients.awaitEcho(client, outsider.ipv4(), ECHO, "again");
  }

  @Test
  @Timeout(180)
  void whatNobodyReadsCostsItsOwnConnectionsAndNobodyElse() throws Exception {
    Pod mute = b.pod("shop/mute").start();
    Pod deaf = b.pod("shop/deaf").start();
    CountDownLatch over = new CountDownLatch(1);
    for (Pod reader : List.of(mute, deaf)) {
      PodServer.start(reader, ECHO, _ -> awaitQuietly(over));
    }
    Programs.controller(mesh);
    startAgent(a, client, neighbour);
    Program agentB = startAgent(b, web, mute, deaf);
    List<Socket> flooding = new ArrayList<>();
    try (Socket open = Clients.connect(client, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      for (int i = 0; i < UNREAD_CONNECTIONS; i++) {
        Socket socket = Clients.connect(client, (i % 2 == 0 ? mute : deaf).ipv4(), ECHO);
        flooding.add(socket);
        Thread.ofVirtual().start(() -> writeUntilRefused(socket));
      }
      Programs.awaitLogged(agentB, ReasonCode.MEMORY_LIMIT.code());
      assertThat(Clients.exchange(open, "during")).isEqualTo("during");
      Clients.awaitEcho(client, web.ipv4(), ECHO, "and new ones");
      assertThat(agentB.isAlive()).isTrue();
    } finally {
      over.countDown();
      for (Socket socket : flooding) {
        socket.close();
      }
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void writeUntilRefused(Socket socket) {
    byte[] chunk = new byte[65_536];
    try {
      while (true) {
        socket.getOutputStream().write(chunk);
      }
    } catch (IOException e) {
      // Given up by the agent, or over.
    }
  }

  @Test
  @Timeout(180)
  void aFullDiskCostsNothingButTheMemoryOfTheLastState() throws Exception {
    Path state = a.directory("agent");
    Command.run("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", state.toString());
    try {
      Programs.controller(mesh);
      Program agentA = startAgent(a, client, neighbour);
      startAgent(b, web);
      Path filler = state.resolve("filler");
      fill(filler);
      Pod late = a.pod("shop/late").start();
      PodServer.echo(late, ECHO);
      Programs.awaitEnrolled(agentA, late);
      lab.manifests().apply("large.yaml", largePolicy());
      Programs.awaitLogged(agentA, ReasonCode.STATE_UNWRITABLE.code());
      assertThat(Refusals.metric(a, "groundmesh_state_write_failures ")).isPositive();
      assertThat(Clients.echo(client, web.ipv4(), ECHO, "full")).isEqualTo("full");
      assertThat(Clients.echo(client, late.ipv4(), ECHO, "full")).isEqualTo("full");
      Files.delete(filler);
      Programs.awaitLogged(agentA, "the last good state is written again");
    } finally {
      agents.forEach(Program::kill);
      Command.run("umount", "-l", state.toString());
    }
  }

  @Test
  @Timeout(180)
  void withoutCertificatesTheTunnelsAreRefusedAndNothingElse() throws Exception {
    Program strict =
        mesh.controller("--max-certificate-ttl=1h", "--certificate-ttl=1h")
            .start()
            .await(Readiness.listening(Mesh.XDS_PORT), RECOVERY);
    Program agentA = startAgent(a, client, neighbour);
    startAgent(b, web);
    Refusals refusals = Refusals.outbound(agentA, a, ReasonCode.IDENTITY_UNAVAILABLE);
    assertThatThrownBy(() -> Clients.echo(client, web.ipv4(), ECHO, "the secret word"))
        .isInstanceOf(IOException.class);
    assertThat(Clients.echo(client, outsider.ipv4(), ECHO, "outside")).isEqualTo("outside");
    assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "next door")).isEqualTo("next door");
    refusals.awaitOneMore();
    assertThat(agentA.isAlive()).isTrue();
    strict.close();
    Programs.controller(mesh);
    Clients.awaitEcho(client, web.ipv4(), ECHO, "certified");
  }

  /** More than what is left of the journal's last page. */
  private static String largePolicy() {
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: large
              namespace: shop
            spec:
              selector:
                matchLabels:
                  app: nobody
              action: DENY
              rules:
              - from:
                - source:
                    ipBlocks:
            """);
    for (int i = 0; i < 2000; i++) {
      yaml.append("        - 192.0.").append(i / 250).append('.').append(i % 250).append('\n');
    }
    return yaml.toString();
  }

  private static void fill(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] page = new byte[4096];
      for (int i = 0; i < 1000; i++) {
        out.write(page);
      }
    } catch (IOException e) {
      return;
    }
    throw new IOException(file + ": not full (expected: a file system of 256 KiB)");
  }
}
