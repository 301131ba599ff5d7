package dev.groundmesh.nodeagent.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.JvmProfile;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.Program;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a start and the first connections, which wait for it, make the JVM do. */
@Tag("netns")
class StartNetnsTest {
  private static final int ECHO = 8080;
  private static final String SERVICE_ADDRESS = "10.96.9.1";
  private static final String MANIFESTS =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: shop}
      spec: {clusterIP: 10.96.9.1, selector: {app: web}, ports: [{name: tcp, port: 80, targetPort: 8080}]}
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: callers, namespace: shop}
      spec: {action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/client]}}]}]}
      """;

  private Lab lab;
  private Mesh mesh;
  private Node a;
  private Node b;
  private Pod client;
  private Pod web;

  @BeforeEach
  void pods() throws Exception {
    lab = Lab.open("start");
    mesh =
        Mesh.of(lab)
            .withAgents(
                JvmProfile.agent(ClassPath.ofThisJvm())
                    .with("-Djava.lang.invoke.MethodHandle.TRACE_METHOD_LINKAGE=true"));
    a = lab.node("node-a");
    b = lab.node("node-b");
    client = a.pod("shop/client").serviceAccount("client").start();
    web = b.pod("shop/web").label("app", "web").start();
    PodServer.echo(web, ECHO);
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    lab.manifests().apply("start.yaml", MANIFESTS);
  }

  @AfterEach
  void close() throws IOException {
    lab.close();
  }

  /**
   * The JVM makes these at their first use and out of method handles, which no AOT cache keeps: the
   * first of all costs tens of milliseconds, each further one some.
   */
  @Test
  @Timeout(120)
  void equalsOfRecordsAndComparatorsAreNotMadeByTheJvm() throws Exception {
    Programs.controller(mesh);
    Program first = Programs.awaitEnrolled(Programs.agent(mesh, a), client);
    Program peer = Programs.awaitEnrolled(Programs.agent(mesh, b), web);
    useTheMesh();
    first.close();
    Program fromDisk = Programs.awaitEnrolled(Programs.agent(mesh, a), client);
    useTheMesh();

    Logs.keep(first, peer, fromDisk);
    for (Program agent : List.of(first, peer, fromDisk)) {
      assertThat(agent.log()).contains("linkCallSite dev.groundmesh.");
      assertThat(agent.log().lines().filter(StartNetnsTest::isMadeByTheJvm)).isEmpty();
    }
  }

  private void useTheMesh() throws Exception {
    Clients.awaitEcho(client, web.ipv4(), ECHO, "by address");
    Clients.awaitEcho(client, web.ipv6(), ECHO, "by address");
    Clients.awaitEcho(client, SERVICE_ADDRESS, 80, "by service");
  }

  private static boolean isMadeByTheJvm(String line) {
    return line.startsWith("linkCallSite java.base/java.util.Comparator.")
        || (line.startsWith("linkCallSite dev.groundmesh.")
            && line.contains(" java.lang.runtime.ObjectMethods.bootstrap("));
  }
}
