package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.capture.Capture;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A ztunnel on one node and our agent on the other, both clients of our controller and certificate
 * authority: traffic in both directions, a policy enforced by each for callers that come through
 * the other.
 *
 * <p>Run with the peer's binary in {@code ZTUNNEL}; needs root. Exits 1 if anything does not hold.
 */
public final class Interoperability {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration POLICY_LIMIT = Duration.ofSeconds(20);
  private static final int PORT = 8080;
  private static final String SECRET = "words-that-only-plaintext-shows";
  private static final String POLICY =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata:
        name: no-guests
        namespace: interop
      spec:
        action: DENY
        rules:
        - from:
          - source:
              principals: ["cluster.local/ns/interop/sa/guest"]
      """;

  private final PrintStream out;
  private int broken;

  private Interoperability(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    String binary = System.getenv("ZTUNNEL");
    if (binary == null || !Files.isExecutable(Path.of(binary))) {
      System.err.println("ZTUNNEL: " + binary + " (expected: an executable ztunnel)");
      System.exit(2);
    }
    Interoperability check = new Interoperability(System.out);
    try (Lab lab = Lab.open("interop")) {
      check.run(lab, Path.of(binary));
    }
    System.exit(check.broken == 0 ? 0 : 1);
  }

  private void run(Lab lab, Path binary) throws IOException {
    Node ours = lab.node("node-ours");
    Node theirs = lab.node("node-theirs");
    Pod onOurs = pod(lab, ours, "on-ours", "caller");
    Pod guestOnOurs = pod(lab, ours, "guest-on-ours", "guest");
    Pod onTheirs = pod(lab, theirs, "on-theirs", "caller");
    Pod guestOnTheirs = pod(lab, theirs, "guest-on-theirs", "guest");
    lab.service("interop/ours").selector("app", "on-ours").port("http", 80, PORT).add();
    lab.service("interop/theirs").selector("app", "on-theirs").port("http", 80, PORT).add();
    lab.manifests().labelNamespace("interop", "istio.io/dataplane-mode", "ambient");
    Mesh mesh = Mesh.of(lab);
    mesh.startController();
    Groundmesh groundmesh = new Groundmesh(mesh);
    Ztunnel ztunnel = new Ztunnel(mesh, binary);
    groundmesh.prepare(ours);
    ztunnel.prepare(theirs);
    Program agent = groundmesh.launch(ours).await(Mesh.ready(ours), READY_LIMIT);
    Program peer = ztunnel.launch(theirs).await(Mesh.ready(theirs), READY_LIMIT);
    holds(
        "a ztunnel takes workloads and certificates from our controller and is ready",
        peer.isAlive());
    agent.await(Readiness.logged("pods=2"), READY_LIMIT);

    try (Capture wire = ours.captureWireTo(theirs)) {
      for (String family : new String[] {"IPv4", "IPv6"}) {
        boolean four = family.equals("IPv4");
        holds(
            "our agent's pod reaches the ztunnel's pod over " + family,
            asks(onOurs, four ? onTheirs.ipv4() : "[" + onTheirs.ipv6() + "]"));
        holds(
            "the ztunnel's pod reaches our agent's pod over " + family,
            asks(onTheirs, four ? onOurs.ipv4() : "[" + onOurs.ipv6() + "]"));
      }
      holds("none of it crossed the wire in plaintext", !wire.saw(SECRET));
    }
    holds(
        "the ztunnel knows our caller by its certificate",
        peer.log().contains("src.identity=\"spiffe://cluster.local/ns/interop/sa/caller\""));
    holds(
        "our agent knows the ztunnel's caller by its certificate",
        soon(
            () ->
                agent
                    .log()
                    .lines()
                    .anyMatch(
                        line ->
                            line.contains("direction=\"inbound\"")
                                && line.contains(
                                    "src.identity=\"spiffe://cluster.local/ns/interop/sa/caller\""))));

    lab.manifests().apply("no-guests.yaml", POLICY);
    holds(
        "our agent refuses a guest behind the ztunnel",
        soon(() -> !asks(guestOnTheirs, onOurs.ipv4())));
    holds(
        "the ztunnel refuses a guest behind our agent",
        soon(() -> !asks(guestOnOurs, onTheirs.ipv4())));
    holds(
        "others still pass, both ways",
        asks(onOurs, onTheirs.ipv4()) && asks(onTheirs, onOurs.ipv4()));
    out.println(
        broken == 0 ? "all of it holds" : broken + " do not hold\n" + tail(agent) + tail(peer));
  }

  private static Pod pod(Lab lab, Node node, String name, String account) throws IOException {
    Pod pod = node.pod("interop/" + name).serviceAccount(account).label("app", name).start();
    Path pages = lab.directory("pages");
    Files.writeString(pages.resolve("index.html"), SECRET + "\n");
    pod.program("python3", "-m", "http.server", "--bind", "::", Integer.toString(PORT))
        .directory(pages)
        .start()
        .await(Readiness.listening(PORT));
    return pod;
  }

  private static boolean asks(Pod client, String host) {
    Command.Output answer =
        client.tryExec(
            Duration.ofSeconds(15),
            "curl",
            "-sS",
            "--max-time",
            "10",
            "http://" + host + ":" + PORT + "/");
    return answer.stdout().contains(SECRET);
  }

  private static boolean soon(BooleanSupplier condition) {
    long deadline = System.nanoTime() + POLICY_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  private void holds(String statement, boolean condition) {
    out.println((condition ? "holds:    " : "DOES NOT: ") + statement);
    broken += condition ? 0 : 1;
  }

  private static String tail(Program program) {
    var lines = program.log().lines().toList();
    return program
        + ":\n"
        + String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()))
        + "\n";
  }
}
