package dev.groundmesh.groundctl.demo;

import dev.groundmesh.groundctl.mesh.Endpoint;
import dev.groundmesh.groundctl.mesh.MeshContext;
import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs a mesh on this machine and shows it working: two nodes with a small shop, plaintext on the
 * wire, the label that changes that, a policy that refuses, an upgrade under load. Every claim that
 * it prints is checked.
 */
public final class Demo {
  private static final Duration LOAD_BEFORE_UPGRADE = Duration.ofSeconds(1);
  private static final int SUCCESSOR_PORT_OFFSET = 100;
  private static final String DATAPLANE_MODE = "istio.io/dataplane-mode";
  private static final String POLICY =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata:
        name: catalog-for-the-frontend
        namespace: shop
      spec:
        selector:
          matchLabels:
            app: catalog
        action: ALLOW
        rules:
          - from:
              - source:
                  principals: ["cluster.local/ns/shop/sa/frontend"]
      """;

  private final Story story;
  private final Lab lab;
  private final Node clients;
  private final Node servers;
  private final Shop shop;
  private final Mesh mesh;
  private final Map<String, Program> agents = new LinkedHashMap<>();
  private final Map<String, Integer> adminPorts = new LinkedHashMap<>();

  private Demo(Story story, Lab lab, Programs programs) {
    this.story = story;
    this.lab = lab;
    this.clients = lab.node("node-a");
    this.servers = lab.node("node-b");
    lab.withKubeProxy();
    lab.withDns();
    this.shop = Shop.open(lab, clients, servers);
    this.mesh = Mesh.of(lab, programs.controller(), programs.agent());
  }

  /**
   * Runs the demo.
   *
   * @param stay called at the end with the mesh still up; returns when it is to be taken down
   * @return how many claims did not hold
   */
  public static int run(PrintWriter out, boolean colours, Programs programs, Runnable stay) {
    Story story = new Story(out, colours);
    story.line(
        "Groundmesh on one machine: two nodes, their pods and the wire between them are network namespaces;");
    story.line("the programs, the eBPF, the certificates and the packets are real.");
    try (Lab lab = Lab.open("demo")) {
      Demo demo = new Demo(story, lab, programs);
      demo.startMesh();
      demo.plaintextBefore();
      demo.enrol();
      demo.encryptedAfter();
      demo.refuse();
      demo.upgradeUnderLoad();
      story.line("");
      story.line(story.summary());
      stay.run();
    }
    story.line("taken down: no namespace, process or BPF program of the demo is left");
    return story.broken();
  }

  private void startMesh() {
    story.chapter("A controller that watches a folder of manifests, and an agent on each node");
    Program controller = mesh.startController();
    for (Node node : List.of(clients, servers)) {
      agents.put(node.name(), mesh.startAgent(node));
      adminPorts.put(node.name(), Mesh.AGENT_ADMIN_PORT);
    }
    writeContext();
    story.say("manifests: " + lab.manifests().folder());
    agents.forEach(
        (node, agent) ->
            story.claim(
                "the agent of "
                    + node
                    + " is ready, "
                    + agent.age().toMillis()
                    + " ms after its start, "
                    + agent.status().rssBytes() / (1 << 20)
                    + " MiB resident",
                agent.isAlive()));
    story.claim("the controller serves workloads and certificates over TLS", controller.isAlive());
  }

  /** So that groundctl in another terminal finds this mesh. */
  private void writeContext() {
    Map<String, Endpoint> endpoints = new LinkedHashMap<>();
    adminPorts.forEach(
        (node, port) ->
            endpoints.put(
                node,
                new Endpoint(lab.node(node).netns(), URI.create("http://127.0.0.1:" + port))));
    try {
      new MeshContext(
              new Endpoint(
                  mesh.control().netns(),
                  URI.create("http://127.0.0.1:" + Mesh.CONTROLLER_ADMIN_PORT)),
              endpoints,
              lab.manifests().folder())
          .write(MeshContext.DEFAULT_FILE);
      lab.closeFirst(() -> Files.deleteIfExists(MeshContext.DEFAULT_FILE));
    } catch (IOException e) {
      story.say("groundctl will not find this mesh by itself: " + e.getMessage());
    }
  }

  private void plaintextBefore() {
    story.chapter("Before: the shop talks in plaintext");
    try (Capture wire = clients.captureWireTo(servers)) {
      Command.Output answer = Shop.askCatalog(shop.frontend());
      story.typed(
          "curl http://catalog.shop/     # in pod shop/frontend",
          answer.stdout() + answer.stderr());
      story.claim("the front end reaches the catalog", answer.stdout().contains(Shop.SECRET));
      story.claim(
          "whoever taps the wire between the nodes reads \"" + Shop.SECRET + "\"",
          wire.saw(Shop.SECRET));
    }
  }

  private void enrol() {
    story.chapter("One label on the namespace");
    story.typed(
        "kubectl label namespace shop " + DATAPLANE_MODE + "=ambient     # here: its manifest", "");
    lab.manifests().labelNamespace(Shop.NAMESPACE, DATAPLANE_MODE, "ambient");
    story.file(lab.manifests().read(Shop.NAMESPACE + "-namespace.yaml").split("---", 2)[0]);
    story.claimSoon("all five pods are enrolled, none was restarted", () -> enrolledPods() == 5);
  }

  private int enrolledPods() {
    int up = 0;
    for (String node : agents.keySet()) {
      String dump = lab.node(node).get(adminPort(node), "/config_dump").body();
      for (int at = dump.indexOf("\"state\":\"Up\"");
          at >= 0;
          at = dump.indexOf("\"state\":\"Up\"", at + 1)) {
        up++;
      }
    }
    return up;
  }

  private int adminPort(String node) {
    return adminPorts.getOrDefault(node, Mesh.AGENT_ADMIN_PORT);
  }

  private void encryptedAfter() {
    story.chapter("After: the same programs, encrypted and authenticated");
    try (Capture wire = clients.captureWireTo(servers)) {
      Command.Output catalog = Shop.askCatalog(shop.frontend());
      story.typed("curl http://catalog.shop/", catalog.stdout() + catalog.stderr());
      story.claim(
          "HTTP/1.1 to the catalog works as before", catalog.stdout().contains(Shop.SECRET));
      Command.Output cart = Shop.askCart(shop.frontend());
      story.claim("HTTP/2 to the cart works", cart.stdout().contains(":status: 200"));
      Command.Output ledger = Shop.askLedger(shop.frontend());
      story.typed("redis-cli -h ledger.shop incr orders", ledger.stdout() + ledger.stderr());
      story.claim("redis to the ledger works", ledger.exit() == 0 && !ledger.stdout().isBlank());
      story.claim("\"" + Shop.SECRET + "\" no longer crosses the wire", !wire.saw(Shop.SECRET));
    }
    String visitor = Shop.lastVisitor(lab);
    story.claim(
        "the catalog still sees the front end's own address, " + visitor,
        shop.frontend().hasAddress(visitor));
    String line = lastLine(servers, "direction=\"inbound\"");
    story.say("the access log of node-b's agent says who called whom:");
    story.file(line.replace("\t", " ").replaceAll(" (dst\\.|direction)", "\n  $1"));
    story.claim(
        "the caller is known by its certificate: spiffe://cluster.local/ns/shop/sa/frontend",
        agentLog(servers).contains("src.identity=\"spiffe://cluster.local/ns/shop/sa/frontend\""));
  }

  private void refuse() {
    story.chapter("A policy: only the front end may ask the catalog");
    story.file(POLICY);
    lab.manifests().apply("policy.yaml", POLICY);
    story.claimSoon(
        "the intruder is refused",
        () -> !Shop.askCatalog(shop.intruder()).stdout().contains(Shop.SECRET));
    Command.Output refused = Shop.askCatalog(shop.intruder());
    story.typed(
        "curl http://catalog.shop/     # in pod shop/intruder",
        refused.stdout() + refused.stderr());
    story.claim(
        "the front end is still served",
        Shop.askCatalog(shop.frontend()).stdout().contains(Shop.SECRET));
    story.claim(
        "the intruder may still ask the ledger", Shop.askLedger(shop.intruder()).exit() == 0);
    story.say("the log says why, with a code that metrics and status use too:");
    story.file(
        lastLine(servers, "reason=POLICY")
            .replace("\t", " ")
            .replaceAll(" (dst\\.|direction|error)", "\n  $1"));
    story.claim(
        "the refusal carries its reason", agentLog(servers).contains("reason=POLICY_NOT_ALLOWED"));
  }

  private void upgradeUnderLoad() {
    story.chapter("Both agents are upgraded under load");
    Visitors visitors = new Visitors(shop.frontend(), shop.catalog().ipv4(), 80, Shop.SECRET, 4);
    try {
      pause(LOAD_BEFORE_UPGRADE);
      for (Node node : List.of(servers, clients)) {
        replaceAgent(node);
        pause(LOAD_BEFORE_UPGRADE);
      }
    } finally {
      visitors.stop();
    }
    long served = visitors.served();
    long failed = visitors.failed();
    String failures = visitors.failures();
    writeContext();
    story.claim(
        served
            + " new connections during two upgrades, "
            + failed
            + " failed"
            + (failed == 0 ? "" : ": " + failures),
        failed == 0 && served > 0);
  }

  private void replaceAgent(Node node) {
    Program old = Objects.requireNonNull(agents.get(node.name()), node.name());
    int offset = SUCCESSOR_PORT_OFFSET;
    Program successor =
        mesh.agent(node)
            .env("GROUNDMESH_ADMIN_PORT", Integer.toString(Mesh.AGENT_ADMIN_PORT + offset))
            .env("GROUNDMESH_METRICS_PORT", Integer.toString(Mesh.AGENT_METRICS_PORT + offset))
            .env("GROUNDMESH_READINESS_PORT", Integer.toString(Mesh.AGENT_READINESS_PORT + offset))
            .start()
            .await(
                Readiness.when(
                    "the successor's readiness",
                    program ->
                        node.get(Mesh.AGENT_READINESS_PORT + offset, "/healthz/ready").status()
                            == 200));
    adminPorts.put(node.name(), Mesh.AGENT_ADMIN_PORT + offset);
    agents.put(node.name(), successor);
    old.signal("TERM");
    story.claim(
        node.name() + ": the successor took over, the old agent finished its connections and ended",
        old.awaitExit(Duration.ofSeconds(40)));
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String agentLog(Node node) {
    Program agent = agents.get(node.name());
    return agent == null ? "" : agent.log();
  }

  private String lastLine(Node node, String holding) {
    List<String> lines = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (lines.isEmpty() && System.nanoTime() < deadline) {
      lines.addAll(agentLog(node).lines().filter(line -> line.contains(holding)).toList());
      pause(Duration.ofMillis(20));
    }
    return lines.isEmpty() ? "(no line with " + holding + ")" : lines.getLast();
  }

  /** Where the class paths of the programs are: jars below a build. */
  public record Programs(ClassPath controller, ClassPath agent) {

    /** Those of a whole build. */
    public static Programs ofBuild(Path home) {
      return new Programs(
          ClassPath.ofJars(home.resolve("controller/target/lib")),
          ClassPath.ofJars(home.resolve("node-agent/target/lib")));
    }
  }
}
