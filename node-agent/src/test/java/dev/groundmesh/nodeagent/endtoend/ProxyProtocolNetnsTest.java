package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.tunnel.proxyprotocol.ProxyHeader;
import dev.groundmesh.tunnel.proxyprotocol.ProxyHeaderException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A waypoint on another node than its client that lets the agent end its tunnels, and is told by
 * PROXY headers who asks for what.
 */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyProtocolNetnsTest {
  private static final String CLIENT = "spiffe://cluster.local/ns/shop/sa/client";

  /** The service's addresses, as {@link #SERVICE} has them. */
  private static final String FRONT = "10.96.77.1";

  private static final String FRONT6 = "fd00:96::77:1";
  private static final int PORT = 80;
  private static final int HBONE = 15008;
  private static final int BOUND = 15088;
  private static final int FIXED_BYTES = 16;

  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata:
        name: wp
        namespace: shop
        labels: {istio.io/waypoint-for: service}
        annotations: {ambient.istio.io/waypoint-inbound-binding: PROXY/15088}
      spec:
        gatewayClassName: istio-waypoint
        listeners: [{name: mesh, port: 15088, protocol: istio.io/PROXY}]
      status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
      """;
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: front, namespace: shop, labels: {istio.io/use-waypoint: wp}}
      spec:
        clusterIP: 10.96.77.1
        clusterIPs: [10.96.77.1, "fd00:96::77:1"]
        selector: {app: none}
        ports: [{name: tcp, port: 80}]
      """;

  private final Queue<ProxyHeader> told = new ConcurrentLinkedQueue<>();
  private Lab lab;
  private Pod client;
  private Program agentA;
  private Program agentB;

  @BeforeAll
  void waypointOnAnotherNode() throws Exception {
    lab = Lab.open("proxy");
    Mesh mesh = Mesh.of(lab);
    Node a = lab.node("node-a");
    Node b = lab.node("node-b");
    client = a.pod("shop/client").serviceAccount("client").start();
    Pod waypoint =
        b.pod("shop/wp")
            .serviceAccount("wp")
            .label("app", "wp")
            .label("gateway.networking.k8s.io/gateway-name", "wp")
            .start();
    PodServer.start(waypoint, BOUND, this::echoAfterHeader);
    lab.service("shop/wp").selector("app", "wp").port("hbone", HBONE, HBONE).add();
    lab.manifests().apply("wp-gateway.yaml", GATEWAY);
    lab.manifests().apply("front.yaml", SERVICE);
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    Programs.controller(mesh);
    agentA = Programs.awaitEnrolled(Programs.agent(mesh, a), client);
    agentB = Programs.awaitEnrolled(Programs.agent(mesh, b), waypoint);
  }

  private void echoAfterHeader(Socket connection) throws IOException {
    InputStream in = connection.getInputStream();
    ByteBuf bytes = Unpooled.buffer();
    bytes.writeBytes(in.readNBytes(FIXED_BYTES));
    bytes.writeBytes(in.readNBytes(bytes.getUnsignedShort(FIXED_BYTES - Short.BYTES)));
    try {
      ProxyHeader header = ProxyHeader.decode(bytes);
      if (header != null) {
        told.add(header);
        in.transferTo(connection.getOutputStream());
      }
    } catch (ProxyHeaderException e) {
      throw new IOException(e);
    }
  }

  @AfterAll
  void close() throws IOException {
    Logs.keep(agentA, agentB);
    lab.close();
  }

  @Test
  void theWaypointIsToldWhoAskedForWhat() throws Exception {
    Clients.awaitEcho(client, FRONT, PORT, "warm");
    told.clear();

    assertThat(Clients.echo(client, FRONT, PORT, "asked")).isEqualTo("asked");

    assertTold(client.ipv4(), FRONT);
  }

  @Test
  void theWaypointIsToldSoOverIpv6() throws Exception {
    Clients.awaitEcho(client, FRONT6, PORT, "warm");
    told.clear();

    assertThat(Clients.echo(client, FRONT6, PORT, "asked")).isEqualTo("asked");

    assertTold(client.ipv6(), FRONT6);
  }

  private void assertTold(String source, String destination) throws Exception {
    assertThat(told).hasSize(1);
    ProxyHeader header = told.element();
    assertThat(header.destination())
        .isEqualTo(new InetSocketAddress(InetAddress.getByName(destination), PORT));
    assertThat(header.sourceIdentity()).isEqualTo(CLIENT);
    assertThat(header.source())
        .extracting(InetSocketAddress::getAddress)
        .isEqualTo(InetAddress.getByName(source));
  }
}
