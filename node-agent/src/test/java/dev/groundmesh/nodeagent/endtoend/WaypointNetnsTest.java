package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.tls.TlsIdentity;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A service whose waypoint is on another node than its client. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaypointNetnsTest {
  private static final String CLIENT = "spiffe://cluster.local/ns/shop/sa/client";
  private static final String FRONT = "10.96.77.1";
  private static final String GATED = "10.96.77.2";
  private static final int PORT = 80;
  private static final int HBONE = 15008;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: service}}
      spec:
        gatewayClassName: istio-waypoint
        listeners: [{name: mesh, port: 15008, protocol: HBONE}]
      status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
      """;
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: %1$s, namespace: shop, labels: {istio.io/use-waypoint: %2$s}}
      spec: {clusterIP: %3$s, clusterIPs: [%3$s], selector: {app: none}, ports: [{name: tcp, port: 80}]}
      """;

  private Lab lab;
  private Node a;
  private Pod client;
  private Program agentA;
  private MeshAuthority authority;
  private Path revocations;
  private TlsIdentity identity;
  private EchoingWaypoint waypoint;

  @BeforeAll
  void waypointOnAnotherNode() throws Exception {
    lab = Lab.open("waypoint");
    Mesh mesh = Mesh.of(lab);
    a = lab.node("node-a");
    Node b = lab.node("node-b");
    client = a.pod("shop/client").serviceAccount("client").start();
    Pod wp =
        b.pod("shop/wp")
            .serviceAccount("wp")
            .label("app", "wp")
            .label("istio.io/dataplane-mode", "none")
            .start();
    lab.service("shop/wp").selector("app", "wp").port("hbone", HBONE, HBONE).add();
    lab.manifests().apply("wp-gateway.yaml", GATEWAY);
    lab.manifests().apply("front.yaml", SERVICE.formatted("front", "wp", FRONT));
    lab.manifests().apply("gated.yaml", SERVICE.formatted("gated", "nowhere", GATED));
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    authority = new MeshAuthority("mesh");
    revocations = lab.directory("revocations").resolve("crl.pem");
    authority.writeRevocations(revocations);
    mesh.controller()
        .env("GROUNDMESH_CA_CERTIFICATES", authority.plugInto(lab.directory("ca")).toString())
        .start()
        .await(Readiness.listening(Mesh.XDS_PORT), Duration.ofSeconds(60));
    identity = authority.identity(new SpiffeId("cluster.local", "shop", "wp"));
    waypoint = EchoingWaypoint.start(wp, identity);
    mesh.awaitToken(a);
    agentA =
        Programs.awaitLogged(
            mesh.agent(a).env("CRL_PATH", revocations.toString()).start(), "ready node=");
    Programs.awaitEnrolled(agentA, client);
  }

  @AfterAll
  void close() throws IOException {
    Logs.keep(agentA);
    waypoint.close();
    identity.close();
    lab.close();
  }

  @Test
  void aServiceIsReachedThroughItsWaypointByTheAddressThatWasDialled() throws Exception {
    Clients.awaitEcho(client, FRONT, PORT, "through");

    assertThat(waypoint.asked()).contains(FRONT + ":" + PORT + " by " + CLIENT);
  }

  @Test
  void aServiceWhoseWaypointDoesNotExistIsRefused() throws Exception {
    Refusals refusals = Refusals.outbound(agentA, a, ReasonCode.WAYPOINT_MISSING);

    assertThatThrownBy(() -> Clients.echo(client, GATED, PORT, "past it"))
        .isInstanceOf(IOException.class);

    refusals.awaitOneMore();
  }

  @Test
  void whatIsOpenToAServerThatIsRevokedIsCut() throws Exception {
    Clients.awaitEcho(client, FRONT, PORT, "warm");
    try (Socket open = Clients.connect(client, FRONT, PORT)) {
      assertThat(Clients.exchange(open, "before")).isEqualTo("before");

      authority.writeRevocations(revocations, identity.workload().serialNumber());

      agentA.await(Readiness.logged("tunnel cut server="), PATIENCE);
      assertThatThrownBy(() -> open.getInputStream().readAllBytes())
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(java.net.SocketTimeoutException.class);
      assertThatThrownBy(() -> Clients.echo(client, FRONT, PORT, "revoked"))
          .isInstanceOf(IOException.class);
    }
    authority.writeRevocations(revocations);
    Clients.awaitEcho(client, FRONT, PORT, "trusted again");
  }
}
