package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.KubeService;
import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.PodSpec;
import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Traffic of an enrolled namespace over two nodes. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MeshNetnsTest {
  private static final int ECHO = 8080;
  private static final int BANNER = 8081;
  private static final int UNTIL_END = 8082;
  private static final int RESETTING = 8083;
  private static final int UNDER_POLICY = 8084;
  private static final int ONE_ANSWER = 8085;

  private static final int SHORT_CLIENTS = 16;
  private static final int SHORT_CONNECTIONS = 250;

  private Lab lab;
  private Mesh mesh;
  private Node a;
  private Node b;
  private Pod client;
  private Pod neighbour;
  private Pod web;
  private Pod half;
  private Pod outsider;
  private KubeService service;
  private Program agentA;
  private Program agentB;
  private PodServer webEcho;
  private PodServer neighbourEcho;
  private PodServer outsiderEcho;

  @BeforeAll
  void enrolledNamespace() throws Exception {
    lab = Lab.open("flows").withKubeProxy();
    mesh = Mesh.of(lab);
    a = lab.node("node-a");
    b = lab.node("node-b");
    client = a.pod("shop/client").serviceAccount("client").start();
    neighbour = a.pod("shop/neighbour").serviceAccount("neighbour").start();
    half = a.pod("shop/half").families(PodSpec.Families.IPV4).serviceAccount("half").start();
    giveIpv6ThatTheControllerDoesNotKnow(half);
    web = b.pod("shop/web").label("app", "web").serviceAccount("web").start();
    outsider = b.pod("elsewhere/outsider").start();
    service = lab.service("shop/web").selector("app", "web").port("tcp", 80, ECHO).add();
    webEcho = PodServer.echo(web, ECHO);
    neighbourEcho = PodServer.echo(neighbour, ECHO);
    outsiderEcho = PodServer.echo(outsider, ECHO);
    PodServer.echo(web, UNDER_POLICY);
    PodServer.start(
        web,
        ONE_ANSWER,
        connection -> {
          byte[] asked = connection.getInputStream().readNBytes(4);
          connection.getOutputStream().write(asked);
        });
    PodServer.start(
        web,
        BANNER,
        connection -> {
          connection.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
          connection.getInputStream().readAllBytes();
        });
    PodServer.start(
        web,
        UNTIL_END,
        connection -> {
          byte[] all = connection.getInputStream().readAllBytes();
          connection
              .getOutputStream()
              .write(("got " + all.length).getBytes(StandardCharsets.UTF_8));
        });
    PodServer.start(
        web,
        RESETTING,
        connection -> {
          connection.getInputStream().read();
          connection.setSoLinger(true, 0);
        });
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    mesh.controller()
        .env("GROUNDMESH_DRY_RUN", "allow")
        .start()
        .await(Readiness.listening(Mesh.XDS_PORT), Duration.ofSeconds(60));
    agentA = Programs.agent(mesh, a);
    agentB = Programs.agent(mesh, b);
    Programs.awaitEnrolled(agentA, client, neighbour, half);
    Programs.awaitEnrolled(agentB, web);
  }

  @AfterAll
  void close() throws IOException {
    Logs.keep(agentA, agentB);
    lab.close();
  }

  private static InetAddress addressOf(Pod pod) {
    return pod.addresses().getFirst();
  }

  @Test
  void podsOfTwoNodesTalkThroughTheMeshAndTheWireShowsNothingOfIt() throws Exception {
    try (Capture wire = a.captureWireTo(b)) {
      assertThat(Clients.echo(client, web.ipv4(), ECHO, "the secret word"))
          .isEqualTo("the secret word");
      assertThat(wire.saw("the secret word")).isFalse();
    }
    Programs.awaitLogged(agentA, "dst.hbone_addr=" + web.ipv4() + ":" + ECHO);
    Programs.awaitLogged(agentB, "src.identity=\"spiffe://cluster.local/ns/shop/sa/client\"");
  }

  @Test
  void theApplicationSeesTheClientsAddress() throws Exception {
    webEcho.clients().clear();
    Clients.echo(client, web.ipv4(), ECHO, "who am I");
    assertThat(webEcho.clients()).containsExactly(addressOf(client));
  }

  @Test
  void theApplicationSeesTheClientsIpv6Address() throws Exception {
    webEcho.clients().clear();
    Clients.echo(client, web.ipv6(), ECHO, "who am I");
    assertThat(webEcho.clients()).containsExactly(InetAddress.getByName(client.ipv6()));
  }

  /** As by a router's advertisement, or a second network. */
  private void giveIpv6ThatTheControllerDoesNotKnow(Pod pod) {
    String network = client.ipv6().replaceAll("[^:]*$", "");
    String device =
        a.exec("ip", "-o", "route", "get", pod.ipv4())
            .stdout()
            .replaceAll("(?s).* dev ([^ ]+).*", "$1");
    a.exec("ip", "route", "add", network + "77", "dev", device);
    pod.exec("ip", "addr", "add", network + "77/128", "dev", "eth0", "nodad");
    pod.exec("ip", "route", "add", "default", "via", network + "1", "dev", "eth0", "onlink");
  }

  @Test
  void whatAPodSendsFromAnAddressThatOnlyItsDevicesHaveIsMeshedToo() throws Exception {
    assertThat(Clients.echo(half, web.ipv6(), ECHO, "by the other family"))
        .isEqualTo("by the other family");
    Programs.awaitLogged(agentB, "src.identity=\"spiffe://cluster.local/ns/shop/sa/half\"");
  }

  @Test
  void aServiceIsReachedByItsVip() throws Exception {
    assertThat(Clients.echo(client, service.ipv4(), 80, "by vip")).isEqualTo("by vip");
    Programs.awaitLogged(agentA, "dst.service=\"" + service.hostname() + "\"");
  }

  @Test
  void aServerMaySpeakFirst() throws Exception {
    try (Socket socket = Clients.connect(client, web.ipv4(), BANNER)) {
      assertThat(new String(socket.getInputStream().readNBytes(6), StandardCharsets.UTF_8))
          .isEqualTo("hello\n");
    }
  }

  @Test
  void halfCloseReachesTheServerAndItsAnswerComesBack() throws Exception {
    try (Socket socket = Clients.connect(client, web.ipv4(), UNTIL_END)) {
      socket.getOutputStream().write(new byte[1_000_000]);
      socket.shutdownOutput();
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("got 1000000");
    }
  }

  @Test
  void aResetOfTheServerIsAResetForTheClient() throws Exception {
    try (Socket socket = Clients.connect(client, web.ipv4(), RESETTING)) {
      socket.getOutputStream().write(1);
      InputStream in = socket.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessageContaining("reset");
    }
  }

  @Test
  void noneOfThousandsOfShortConnectionsFails() throws Exception {
    Callable<List<String>> one =
        () -> {
          List<String> answers = new ArrayList<>();
          for (int i = 0; i < SHORT_CONNECTIONS; i++) {
            try (Socket socket = Clients.connect(client, web.ipv4(), ONE_ANSWER)) {
              socket.getOutputStream().write("ask?".getBytes(StandardCharsets.UTF_8));
              answers.add(
                  new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }
          }
          return answers;
        };
    try (ExecutorService clients = Executors.newFixedThreadPool(SHORT_CLIENTS)) {
      for (Future<List<String>> answers :
          clients.invokeAll(Collections.nCopies(SHORT_CLIENTS, one))) {
        assertThat(answers.get()).hasSize(SHORT_CONNECTIONS).containsOnly("ask?");
      }
    }
  }

  @Test
  void podsOfOneNodeTalkWithoutATunnel() throws Exception {
    neighbourEcho.clients().clear();
    assertThat(Clients.echo(client, neighbour.ipv4(), ECHO, "next door")).isEqualTo("next door");
    assertThat(neighbourEcho.clients()).containsExactly(addressOf(client));
    Programs.awaitLogged(agentA, "direction=\"inbound\"");
  }

  @Test
  void aPodReachesItself() throws Exception {
    assertThat(Clients.echo(web, web.ipv4(), ECHO, "myself")).isEqualTo("myself");
  }

  @Test
  void aPodReachesItsOwnService() throws Exception {
    assertThat(Clients.echo(web, service.ipv4(), 80, "myself")).isEqualTo("myself");
  }

  @Test
  void theWorldOutsideIsReachedPlainly() throws Exception {
    outsiderEcho.clients().clear();
    assertThat(Clients.echo(client, outsider.ipv4(), ECHO, "plain")).isEqualTo("plain");
    assertThat(outsiderEcho.clients()).containsExactly(addressOf(client));
  }

  @Test
  void theWorldOutsideReachesAPodPlainly() throws Exception {
    webEcho.clients().clear();
    assertThat(Clients.echo(outsider, web.ipv4(), ECHO, "plain")).isEqualTo("plain");
    assertThat(webEcho.clients()).containsExactly(addressOf(outsider));
  }

  @Test
  void aPolicyRefusesWithItsReasonAndCutsWhatIsOpen() throws Exception {
    try (Socket open = Clients.connect(client, web.ipv4(), UNDER_POLICY)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");
      lab.manifests()
          .apply(
              "deny.yaml",
              """
              apiVersion: security.istio.io/v1
              kind: AuthorizationPolicy
              metadata:
                name: deny-client
                namespace: shop
              spec:
                selector:
                  matchLabels:
                    app: web
                action: DENY
                rules:
                - from:
                  - source:
                      principals: ["cluster.local/ns/shop/sa/client"]
                  to:
                  - operation:
                      ports: ["8084"]
              """);
      InputStream in = open.getInputStream();
      open.setSoTimeout(60_000);
      assertThatThrownBy(in::read)
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
      Programs.awaitLogged(agentB, "POLICY_CHANGED");
      try (Socket refused = Clients.connect(client, web.ipv4(), UNDER_POLICY)) {
        InputStream none = refused.getInputStream();
        assertThatThrownBy(none::read)
            .isInstanceOf(IOException.class)
            .isNotInstanceOf(SocketTimeoutException.class);
      }
      Programs.awaitLogged(agentB, "POLICY_DENIED");
      Programs.awaitLogged(agentA, "HBONE_UNAUTHORIZED");
      assertThat(Clients.echo(neighbour, web.ipv4(), UNDER_POLICY, "not me")).isEqualTo("not me");
      lab.manifests().remove("deny.yaml");
    }
  }

  @Test
  void aPolicyInDryRunRefusesNobodyAndSaysWhomItWould() throws Exception {
    lab.manifests()
        .apply(
            "dry-run.yaml",
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: would-deny-neighbour
              namespace: shop
              annotations:
                istio.io/dry-run: "true"
            spec:
              selector:
                matchLabels:
                  app: web
              action: DENY
              rules:
              - from:
                - source:
                    principals: ["cluster.local/ns/shop/sa/neighbour"]
            """);
    String said = "dry run policy=shop/would-deny-neighbour verdict=deny";
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!agentB.log().contains(said) && System.nanoTime() < deadline) {
      assertThat(Clients.echo(neighbour, web.ipv4(), ECHO, "still me")).isEqualTo("still me");
    }

    assertThat(agentB.log()).contains(said);
    lab.manifests().remove("dry-run.yaml");
  }
}
