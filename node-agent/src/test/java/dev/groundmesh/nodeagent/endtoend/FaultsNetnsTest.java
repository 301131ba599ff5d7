package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens to traffic when agents, pods and the controller come and go. */
@Tag("netns")
class FaultsNetnsTest {
  private static final int ECHO = 8080;
  private static final String STRICT =
      """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: default, namespace: shop}
      spec: {mtls: {mode: STRICT}}
      """;

  private Lab lab;
  private Mesh mesh;
  private Node a;
  private Node b;
  private Pod client;
  private Pod neighbour;
  private Pod web;
  private Pod outsider;
  private Program controller;
  private Program agentA;
  private Program agentB;

  @BeforeEach
  void enrolledNamespace() throws Exception {
    lab = Lab.open("faults");
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
    controller = Programs.controller(mesh);
    agentA = Programs.agent(mesh, a);
    agentB = Programs.agent(mesh, b);
    Programs.awaitEnrolled(agentA, client, neighbour);
    Programs.awaitEnrolled(agentB, web);
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "warm")).isEqualTo("warm");
  }

  @AfterEach
  void close() throws IOException {
    Logs.keep(agentA, agentB);
    lab.close();
  }

  @Test
  void anAgentThatDrainsTakesNothingBackWhenPodsCome() throws Exception {
    try (Socket open = Clients.connect(client, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      Program predecessor = agentA;
      Program successor = Programs.agent(mesh, a);
      Programs.awaitLogged(predecessor, "a successor serves");
      Pod late = a.pod("shop/late").start();
      Programs.awaitEnrolled(successor, late);

      agentA = Programs.agent(mesh, a);

      Programs.awaitLogged(successor, "a successor serves");
      assertThat(predecessor.log()).containsOnlyOnce("ready node=");
      assertThat(Clients.exchange(open, "after")).isEqualTo("after");
      Logs.keep(predecessor, successor);
    }
  }

  @Test
  void anUpgradeUnderLoadRefusesNothingAndKeepsWhatIsOpen() throws Exception {
    PodServer.echo(client, ECHO + 1);
    try (Load load =
            Load.from(client)
                .to(web.ipv4(), ECHO)
                .to(neighbour.ipv4(), ECHO)
                .to(outsider.ipv4(), ECHO);
        Load inbound = Load.from(outsider).to(client.ipv4(), ECHO + 1);
        Socket open = Clients.connect(client, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      load.awaitMore(20);

      Program successor = Programs.agent(mesh, a);
      assertThat(Clients.exchange(open, "during")).isEqualTo("during");
      agentA.signal("TERM");
      Programs.awaitLogged(agentA, "draining");
      assertThat(Clients.exchange(open, "draining")).isEqualTo("draining");
      open.shutdownOutput();
      load.awaitMore(20);
      agentA.await(Readiness.ended());
      load.awaitMore(20);
      inbound.awaitMore(5);
      Logs.keep(agentA);
      agentA = successor;

      assertThat(load.failures()).isEmpty();
      assertThat(inbound.failures()).isEmpty();
    }
  }

  @Test
  void aNamespaceThatLeavesTheMeshUnderLoadLosesNoConnection() throws Exception {
    PodServer.echo(client, ECHO + 1);
    try (Load load = Load.from(client).to(web.ipv4(), ECHO).to(neighbour.ipv4(), ECHO);
        Load back = Load.from(web).to(client.ipv4(), ECHO + 1);
        Socket open = Clients.connect(client, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "inside")).isEqualTo("inside");
      load.awaitMore(20);
      back.awaitMore(20);

      lab.manifests().unlabelNamespace("shop", "istio.io/dataplane-mode");
      Programs.awaitLogged(agentA, "pod released uid=Kubernetes//Pod/shop/client");
      Programs.awaitLogged(agentB, "pod released uid=Kubernetes//Pod/shop/web");
      load.awaitMore(100);
      back.awaitMore(100);

      assertThat(Clients.exchange(open, "outside")).isEqualTo("outside");
      assertThat(load.failures()).isEmpty();
      assertThat(back.failures()).isEmpty();
    }
  }

  @Test
  void aPodThatComesBackKeepsWhatItOpenedSince() throws Exception {
    PodServer.echo(client, ECHO + 1);
    lab.manifests().unlabelNamespace("shop", "istio.io/dataplane-mode");
    awaitBoth("pod released");
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    awaitEncrypted();

    try (Load load = Load.from(client).to(web.ipv4(), ECHO).to(neighbour.ipv4(), ECHO);
        Load back = Load.from(web).to(client.ipv4(), ECHO + 1);
        Socket open = Clients.connect(client, web.ipv4(), ECHO);
        Socket next = Clients.connect(client, neighbour.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "since")).isEqualTo("since");
      assertThat(Clients.exchange(next, "since")).isEqualTo("since");
      awaitBoth("pod's last connection ended");
      load.awaitMore(50);
      back.awaitMore(50);

      assertThat(Clients.exchange(open, "still")).isEqualTo("still");
      assertThat(Clients.exchange(next, "still")).isEqualTo("still");
      assertThat(load.failures()).isEmpty();
      assertThat(back.failures()).isEmpty();
    }
  }

  private void awaitBoth(String said) {
    Programs.awaitLogged(agentA, said + " uid=Kubernetes//Pod/shop/client");
    Programs.awaitLogged(agentB, said + " uid=Kubernetes//Pod/shop/web");
  }

  private void awaitEncrypted() throws Exception {
    for (int i = 0; ; i++) {
      try (Capture wire = a.captureWireTo(b)) {
        Clients.awaitEcho(client, web.ipv4(), ECHO, "secret " + i);
        Clients.awaitEcho(web, client.ipv4(), ECHO + 1, "secret " + i);
        if (!wire.saw("secret " + i)) {
          return;
        }
      }
      assertThat(i).as("times that the wire was read").isLessThan(100);
    }
  }

  @Test
  void inAStrictNamespaceThatLeavesWhoHeardFirstIsNotRefused() throws Exception {
    requireTls();
    cutOff(b);
    lab.manifests().unlabelNamespace("shop", "istio.io/dataplane-mode");
    Programs.awaitLogged(agentA, "pod released uid=Kubernetes//Pod/shop/client");
    try (Socket early = Clients.connect(client, web.ipv4(), ECHO)) {
      rejoin(b);

      assertThat(Clients.exchange(early, "plain")).isEqualTo("plain");
    }
  }

  @Test
  void whoLeavesAStrictPodBehindIsRefusedThere() throws Exception {
    Pod stays = b.pod("shop/stays").label("istio.io/dataplane-mode", "ambient").start();
    PodServer.echo(stays, ECHO);
    Programs.awaitEnrolled(agentB, stays);
    requireTls();
    cutOff(b);
    lab.manifests().unlabelNamespace("shop", "istio.io/dataplane-mode");
    Programs.awaitLogged(agentA, "pod released uid=Kubernetes//Pod/shop/client");
    try (Socket early = Clients.connect(client, stays.ipv4(), ECHO)) {
      rejoin(b);

      assertThatThrownBy(() -> Clients.exchange(early, "plain"))
          .isInstanceOf(SocketException.class);
    }
  }

  /** From then on nobody reaches the enrolled pods of the namespace without a certificate. */
  private void requireTls() {
    lab.manifests().apply("strict.yaml", STRICT);
    agentB.await(
        Readiness.when(
            "a refusal of plaintext",
            agent -> {
              askInPlaintext();
              return agent.log().contains("POLICY_DENIED");
            }));
  }

  private void askInPlaintext() {
    try {
      Clients.echo(outsider, web.ipv4(), ECHO, "plain");
    } catch (IOException e) {
      // Refused, which the agent tells.
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets a node's agent hear of nothing. */
  private void cutOff(Node node) {
    mesh.control().exec("ip", "rule", "add", "to", node.ipv4(), "blackhole");
  }

  private void rejoin(Node node) {
    mesh.control().exec("ip", "rule", "del", "to", node.ipv4(), "blackhole");
  }

  @Test
  void aPodWithRulesOfIstioIsNotEnrolledUntilTheyAreGone() throws Exception {
    Pod migrant = b.pod("elsewhere/migrant").start();
    PodServer.echo(migrant, ECHO);
    migrant.exec("iptables-nft", "-t", "nat", "-N", "ISTIO_OUTPUT");

    lab.manifests().labelNamespace("elsewhere", "istio.io/dataplane-mode", "ambient");
    Programs.awaitEnrolled(agentB, outsider);
    Programs.awaitLogged(agentB, "pod not enrolled uid=Kubernetes//Pod/elsewhere/migrant");
    assertThat(agentB.log())
        .contains("reason=ENROLMENT_FAILED", "packet filter: chain ISTIO_OUTPUT (expected: none");

    migrant.exec("iptables-nft", "-t", "nat", "-X", "ISTIO_OUTPUT");
    Programs.awaitEnrolled(agentB, migrant);
    assertThat(Clients.echo(client, migrant.ipv4(), ECHO, "inside")).isEqualTo("inside");
  }

  @Test
  void anAgentThatIsKilledLeavesNothingOpenAndItsSuccessorServesAgain() throws Exception {
    try (Capture wire = a.captureWireTo(b)) {
      agentA.kill();
      for (Pod target : new Pod[] {web, outsider, neighbour}) {
        assertThatThrownBy(() -> Clients.echo(client, target.ipv4(), ECHO, "the secret word"))
            .as(target.name())
            .isInstanceOf(IOException.class)
            .isNotInstanceOf(SocketTimeoutException.class);
      }
      assertThat(wire.saw("the secret word")).isFalse();
    }
    Logs.keep(agentA);
    agentA = Programs.awaitEnrolled(Programs.agent(mesh, a), client);
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "again")).isEqualTo("again");
  }

  @Test
  void anAgentThatIsKilledUnderLoadLetsNoByteOutInPlaintext() throws Exception {
    String secret = "the secret word";
    try (Capture wire = a.captureWireTo(b);
        Load load = Load.of(secret, client).to(web.ipv4(), ECHO).to(web.ipv6(), ECHO)) {
      load.awaitMore(20);
      assertThat(load.failures()).isEmpty();
      agentA.kill();
      load.awaitFailures(20);
      int afterTheKill = load.succeeded();
      load.awaitFailures(20);
      assertThat(load.succeeded()).isEqualTo(afterTheKill);
      assertThat(wire.saw(secret)).isFalse();
    }
  }

  @Test
  void whileTheControllerIsGoneNewConnectionsAreServedAndItIsSaid() throws Exception {
    controller.close();
    Programs.awaitLogged(agentA, "CONTROL_PLANE_UNREACHABLE");
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "across")).isEqualTo("across");
    assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "next door")).isEqualTo("next door");
    Pod late = a.pod("shop/late").start();
    PodServer.echo(late, ECHO);
    controller = Programs.controller(mesh);
    Programs.awaitEnrolled(agentA, late);
    Clients.awaitEcho(client, late.ipv4(), ECHO, "late");
  }

  @Test
  void anAgentThatStartsWithoutAControllerServesWhatItKnew() throws Exception {
    controller.close();
    agentA.stop(Duration.ofSeconds(10));
    Logs.keep(agentA);
    agentA = Programs.awaitEnrolled(Programs.agent(mesh, a), client, neighbour);
    assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "next door")).isEqualTo("next door");
    assertThat(Clients.echo(client, outsider.ipv4(), ECHO, "outside")).isEqualTo("outside");
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "by its kept certificate"))
        .isEqualTo("by its kept certificate");
  }

  @Test
  void aPodThatIsDeletedUnderLoadLeavesNothingBehind() throws Exception {
    Pod victim = a.pod("shop/victim").start();
    PodServer.echo(victim, ECHO);
    Programs.awaitEnrolled(agentA, victim);
    try (Load others = Load.from(client).to(web.ipv4(), ECHO);
        Load doomed = Load.from(client).to(victim.ipv4(), ECHO);
        Socket open = Clients.connect(victim, web.ipv4(), ECHO)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      doomed.awaitMore(5);
      victim.delete();
      agentA.await(
          Readiness.when(
              "the end of the pod",
              p -> p.log().contains("pod deleted") || p.log().contains("gone uid")));
      others.awaitMore(20);
      assertThat(others.failures()).isEmpty();
      assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "still")).isEqualTo("still");
    }
  }

  @Test
  void anAgentThatFollowsOnlyWhatTrafficNeedsServesAll() throws Exception {
    agentA.stop(Duration.ofSeconds(10));
    Logs.keep(agentA);
    agentA =
        Programs.awaitEnrolled(
            Programs.awaitLogged(
                mesh.agent(a)
                    .env("XDS_ON_DEMAND", "true")
                    .env("ISTIO_META_DNS_CAPTURE", "false")
                    .env("GROUNDMESH_STATE_DIR", a.directory("on-demand").toString())
                    .start(),
                "ready node="),
            client);
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "across")).isEqualTo("across");
    assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "next door")).isEqualTo("next door");
    assertThat(Clients.echo(client, outsider.ipv4(), ECHO, "outside")).isEqualTo("outside");
    Programs.awaitLogged(agentA, "dst.hbone_addr=" + web.ipv4() + ":" + ECHO);
  }
}
