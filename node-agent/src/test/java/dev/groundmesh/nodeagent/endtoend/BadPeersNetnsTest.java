package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Peers that are not who they should be, or ask for what is not theirs. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadPeersNetnsTest {
  private static final int ECHO = 8080;
  private static final int HBONE = 15008;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String CLIENT = "spiffe://cluster.local/ns/shop/sa/client";
  private static final String OTHER_DOMAIN = "spiffe://elsewhere.example/ns/shop/sa/client";

  private Lab lab;
  private Node a;
  private Node b;
  private Pod client;
  private Pod web;
  private Pod other;
  private Pod impostor;
  private Pod outsider;
  private Program agentA;
  private Program agentB;
  private MeshAuthority authority;
  private Path revocations;

  @BeforeAll
  void enrolledNamespace() throws Exception {
    lab = Lab.open("peers");
    Mesh mesh = Mesh.of(lab);
    a = lab.node("node-a");
    b = lab.node("node-b");
    Node c = lab.node("node-c");
    client = a.pod("shop/client").serviceAccount("client").start();
    web = b.pod("shop/web").serviceAccount("web").start();
    other = b.pod("shop/other").serviceAccount("other").start();
    impostor = c.pod("shop/impostor").serviceAccount("impostor").start();
    outsider = b.pod("elsewhere/outsider").start();
    PodServer.echo(web, ECHO);
    PodServer.echo(other, ECHO);
    authority = new MeshAuthority("mesh");
    revocations = lab.directory("revocations").resolve("crl.pem");
    authority.writeRevocations(revocations);
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    mesh.controller()
        .env("GROUNDMESH_CA_CERTIFICATES", authority.plugInto(lab.directory("ca")).toString())
        .start()
        .await(Readiness.listening(Mesh.XDS_PORT), Duration.ofSeconds(60));
    agentA = Programs.agent(mesh, a);
    mesh.awaitToken(b);
    agentB =
        Programs.awaitLogged(
            mesh.agent(b).env("CRL_PATH", revocations.toString()).start(), "ready node=");
    Programs.awaitEnrolled(agentA, client);
    Programs.awaitEnrolled(agentB, web, other);
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "warm")).isEqualTo("warm");
  }

  @AfterAll
  void close() throws IOException {
    Logs.keep(agentA, agentB);
    lab.close();
  }

  @Test
  void aClientWhomEverythingIsRightWithIsServed() throws Exception {
    try (RawPeer peer = connect(authority.issue(CLIENT))) {
      assertThat(peer.ask(web.ipv4() + ":" + ECHO)).isEqualTo("200");
      assertThat(peer.exchange("hello")).isEqualTo("hello");
    }
  }

  @Test
  void aClientOfAnotherTrustDomainIsRefused() throws Exception {
    assertRefused(authority.issue(OTHER_DOMAIN), ReasonCode.TLS_WRONG_TRUST_DOMAIN);
  }

  @Test
  void anExpiredClientIsRefused() throws Exception {
    assertRefused(
        authority.issue(CLIENT, Duration.ofHours(-1), Duration.ofMinutes(-10)),
        ReasonCode.TLS_PEER_EXPIRED);
  }

  @Test
  void aClientThatIsNotValidYetIsRefused() throws Exception {
    assertRefused(
        authority.issue(CLIENT, Duration.ofHours(1), Duration.ofHours(2)),
        ReasonCode.TLS_PEER_EXPIRED);
  }

  @Test
  void aClientOfAnotherRootIsRefused() throws Exception {
    assertRefused(new MeshAuthority("stranger").issue(CLIENT), ReasonCode.TLS_PEER_UNTRUSTED);
  }

  @Test
  void aClientWhoseCertificateNamesNoWorkloadIsRefused() throws Exception {
    assertRefused(authority.issue(null), ReasonCode.TLS_PEER_NO_IDENTITY);
  }

  @Test
  void aClientWithoutACertificateIsRefused() throws Exception {
    assertRefused(MeshAuthority.none(), ReasonCode.TLS_PEER_NO_CERTIFICATE);
  }

  @Test
  void aConnectForAnotherPodIsRefused() throws Exception {
    Refusals refusals = Refusals.inbound(agentB, b, ReasonCode.AUTHORITY_NOT_ALLOWED);
    try (RawPeer peer = connect(authority.issue(CLIENT))) {
      assertThat(peer.ask(other.ipv4() + ":" + ECHO)).isEqualTo("400");
    }
    refusals.awaitOneMore();
  }

  @Test
  void aConnectForThePodsLoopbackIsRefused() throws Exception {
    Refusals refusals = Refusals.inbound(agentB, b, ReasonCode.AUTHORITY_NOT_ALLOWED);
    try (RawPeer peer = connect(authority.issue(CLIENT))) {
      assertThat(peer.ask("127.0.0.1:" + ECHO)).isEqualTo("400");
    }
    refusals.awaitOneMore();
  }

  @Test
  void aConnectWithoutAPortIsRefused() throws Exception {
    Refusals refusals = Refusals.inbound(agentB, b, ReasonCode.AUTHORITY_MALFORMED);
    try (RawPeer peer = connect(authority.issue(CLIENT))) {
      assertThat(peer.ask(web.ipv4())).isEqualTo("400");
    }
    refusals.awaitOneMore();
  }

  @Test
  void aClientThatIsRevokedWhileConnectedIsCutAndNotServedAgain() throws Exception {
    MeshAuthority.Credentials credentials = authority.issue(CLIENT);
    Refusals refusals = Refusals.inbound(agentB, b, ReasonCode.CERT_REVOKED);
    try (RawPeer peer = connect(credentials);
        RawPeer idle = connect(credentials);
        RawPeer blameless = connect(authority.issue(CLIENT))) {
      assertThat(peer.ask(web.ipv4() + ":" + ECHO)).isEqualTo("200");
      assertThat(peer.exchange("before")).isEqualTo("before");
      assertThat(blameless.ask(web.ipv4() + ":" + ECHO)).isEqualTo("200");
      idle.greet();

      authority.writeRevocations(revocations, credentials.serial());
      assertThatThrownBy(peer::awaitEnd)
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.SocketTimeoutException.class);
      assertThatThrownBy(idle::awaitEnd)
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.SocketTimeoutException.class);
      refusals.awaitOneMore();
      assertThat(blameless.exchange("still")).isEqualTo("still");
    }
    assertThat(Refusals.metric(b, "istio_crl_policy_rejections_total{reporter=\"destination\"} "))
        .isPositive();
    assertRefused(credentials, ReasonCode.CERT_REVOKED);
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "others")).isEqualTo("others");
    authority.writeRevocations(revocations);
  }

  @Test
  void aServerOfAnotherIdentityIsSentNothing() throws Exception {
    assertNotSentTo(authority.issue(CLIENT), ReasonCode.TLS_WRONG_IDENTITY);
  }

  @Test
  void aServerOfAnotherTrustDomainIsSentNothing() throws Exception {
    assertNotSentTo(
        authority.issue("spiffe://elsewhere.example/ns/shop/sa/impostor"),
        ReasonCode.TLS_WRONG_TRUST_DOMAIN);
  }

  @Test
  void anExpiredServerIsSentNothing() throws Exception {
    assertNotSentTo(
        authority.issue(
            "spiffe://cluster.local/ns/shop/sa/impostor",
            Duration.ofHours(-1),
            Duration.ofMinutes(-10)),
        ReasonCode.TLS_PEER_EXPIRED);
  }

  @Test
  void aServerThatAnswersNothingIsNotWaitedForOnceTheApplicationIsGone() throws Exception {
    MeshAuthority.Credentials own = authority.issue("spiffe://cluster.local/ns/shop/sa/impostor");
    AtomicInteger asked = new AtomicInteger();
    try (SSLServerSocket listening = impostor.inside(() -> listener(own))) {
      SSLParameters parameters = listening.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      listening.setSSLParameters(parameters);
      Thread.ofPlatform().daemon().start(() -> read(listening, asked));
      try (Socket socket = Clients.connect(client, impostor.ipv4(), ECHO)) {
        agentA.await(
            Readiness.when("the request is on its way", _ -> onTheWayTo(impostor)), PATIENCE);
        socket.setSoLinger(true, 0);
      }
      agentA.await(Readiness.when("nothing is on its way", _ -> !onTheWayTo(impostor)), PATIENCE);
    }
    assertThat(asked).hasPositiveValue();
  }

  private boolean onTheWayTo(Pod pod) {
    return a.get(Mesh.AGENT_ADMIN_PORT, "/connections").body().contains(pod.ipv4());
  }

  @Test
  void theAgentsOwnPortsLeadNowhere() throws Exception {
    for (int port : new int[] {15001, 15006, 15008}) {
      for (String address : new String[] {"127.0.0.1", "::1", web.ipv4()}) {
        assertNothingServed(web, address, port);
      }
    }
    for (int port : new int[] {15001, 15006}) {
      assertNothingServed(outsider, web.ipv4(), port);
      assertNothingServed(client, web.ipv4(), port);
    }
    assertThat(Clients.echo(client, web.ipv4(), ECHO, "still")).isEqualTo("still");
  }

  private RawPeer connect(MeshAuthority.Credentials credentials) throws Exception {
    return RawPeer.connect(outsider, web.ipv4(), HBONE, credentials);
  }

  private void assertRefused(MeshAuthority.Credentials credentials, ReasonCode reason)
      throws Exception {
    Refusals refusals = Refusals.inbound(agentB, b, reason);
    assertThatThrownBy(
            () -> {
              try (RawPeer peer = connect(credentials)) {
                peer.ask(web.ipv4() + ":" + ECHO);
              }
            })
        .isInstanceOf(IOException.class);
    refusals.awaitOneMore();
  }

  private void assertNotSentTo(MeshAuthority.Credentials credentials, ReasonCode reason)
      throws Exception {
    AtomicInteger plainBytes = new AtomicInteger();
    Refusals refusals = Refusals.outbound(agentA, a, reason);
    try (SSLServerSocket listening = impostor.inside(() -> listener(credentials))) {
      SSLParameters parameters = listening.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      listening.setSSLParameters(parameters);
      Thread.ofPlatform().daemon().start(() -> read(listening, plainBytes));
      assertThatThrownBy(() -> Clients.echo(client, impostor.ipv4(), ECHO, "the secret word"))
          .isInstanceOf(IOException.class);
      refusals.awaitOneMore();
    }
    assertThat(plainBytes).hasValue(0);
  }

  /** The address is bound where the socket is made: only then does it belong to the pod. */
  private static SSLServerSocket listener(MeshAuthority.Credentials credentials)
      throws IOException {
    SSLServerSocket socket =
        (SSLServerSocket) credentials.tls().getServerSocketFactory().createServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getByName("::"), HBONE));
    return socket;
  }

  private static void read(SSLServerSocket listening, AtomicInteger plainBytes) {
    while (!listening.isClosed()) {
      try (SSLSocket socket = (SSLSocket) listening.accept()) {
        while (socket.getInputStream().read() >= 0) {
          plainBytes.incrementAndGet();
        }
      } catch (IOException e) {
        // The client turned away, as it should.
      }
    }
  }

  /** Whether it connects or not, nothing ever comes of it. */
  private static void assertNothingServed(Pod from, String address, int port) throws Exception {
    int first = -1;
    try (Socket socket = Clients.connect(from, address, port)) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      first = in.read();
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // Refused or reset.
    }
    // A TLS alert, RFC 8446 section 5.1, is all that is ever said.
    assertThat(first).as(from.name() + " to " + address + " port " + port).isIn(-1, 21);
  }
}
