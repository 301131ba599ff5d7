package dev.groundmesh.e2e.demo;

import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.cluster.Wire;
import dev.groundmesh.e2e.mesh.Groundctl;
import dev.groundmesh.e2e.mesh.Mesh;
import dev.groundmesh.lab.process.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Puts the mesh into a running cluster and shows what a user would see: plaintext, one label,
 * encryption, a policy that refuses, and why. Ends with status 1 if a claim does not hold; mesh and
 * application stay, to be looked at.
 */
public final class ClusterDemo {
  private final Claims claims = new Claims(System.out);
  private final Path home;
  private final Cluster cluster;
  private final Mesh mesh;

  private ClusterDemo(Path home, Cluster cluster) {
    this.home = home;
    this.cluster = cluster;
    this.mesh = new Mesh(cluster, home);
  }

  /** Takes no arguments; the launcher's property says where the build is. */
  public static void main(String[] arguments) {
    Path home = Path.of(System.getProperty("groundmesh.home", ".")).toAbsolutePath();
    int broken;
    try (Cluster cluster = Cluster.open(home)) {
      broken = new ClusterDemo(home, cluster).run();
    }
    System.exit(broken == 0 ? 0 : 1);
  }

  private int run() {
    System.out.println(
        "Groundmesh on Kubernetes: API server, kubelets, containerd, kube-proxy and CoreDNS are real.");
    install();
    Place shop = Place.named(cluster, "shop");
    App catalog = shop.workload("catalog").on(cluster.last()).start();
    App frontend = shop.workload("frontend").on(cluster.first()).start();
    App intruder = shop.workload("intruder").on(cluster.first()).start();
    shop.service("catalog", "catalog");
    frontend.awaitAnswer("http://catalog/");
    List<App> all = List.of(catalog, frontend, intruder);

    claims.chapter("Before: a small shop talks in plaintext");
    ask(frontend, catalog, true);

    claims.chapter("One label on the namespace");
    claims.typed("kubectl label namespace " + shop.name() + " istio.io/dataplane-mode=ambient", "");
    Instant labelled = Instant.now();
    shop.enrol();
    claims.claimSoon(
        "all three pods are enrolled",
        () -> {
          List<String> states = all.stream().map(app -> Mesh.redirection(app.pod())).toList();
          return new Seen(states.stream().allMatch("enabled"::equals), states.toString());
        });
    claims.claim(
        "that took "
            + Duration.between(labelled, Instant.now()).toMillis()
            + " ms, and none was restarted",
        all.stream().allMatch(app -> app.restarts() == 0));

    claims.chapter("After: the same programs, encrypted and authenticated");
    Instant asked = Instant.now();
    ask(frontend, catalog, false);
    claims.claimSoon(
        "the log of the catalog's agent names who asked, by certificate:"
            + " spiffe://cluster.local/ns/shop/sa/frontend",
        () -> {
          List<String> lines = mesh.accessLog(catalog.node(), asked);
          return new Seen(
              lines.stream()
                  .anyMatch(
                      line ->
                          line.contains("direction=\"inbound\"")
                              && line.contains(
                                  "src.identity=\"spiffe://cluster.local/ns/shop/sa/frontend\"")),
              lines.toString());
        });
    claims.claim(
        "the catalog still sees the front end's own address",
        frontend.get("http://catalog/").out().contains("remote=" + frontend.ip() + ":"));

    claims.chapter("A policy: only the front end may ask the catalog");
    String policy =
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: catalog-for-the-frontend}
        spec:
          selector: {matchLabels: {app: catalog}}
          action: ALLOW
          rules: [{from: [{source: {principals: ["cluster.local/ns/%s/sa/frontend"]}}]}]
        """
            .formatted(shop.name());
    shop.apply(policy);
    claims.typed("kubectl -n shop apply -f -", policy);
    claims.claimSoon(
        "the intruder is refused",
        () -> {
          App.Answer answer = intruder.get("http://catalog/");
          return new Seen(!answer.succeeded(), answer.toString());
        });
    claims.typed(
        "kubectl -n shop exec intruder -- /testapp get http://catalog/",
        intruder.get("http://catalog/").err());
    claims.claim("the front end is served", frontend.get("http://catalog/").succeeded());
    Command.Output refused = explain(shop, "intruder");
    claims.claim(
        "groundctl names the reason, POLICY_NOT_ALLOWED",
        refused.exit() == 1 && refused.stdout().contains("POLICY_NOT_ALLOWED"));
    claims.claim("and says that the front end may", explain(shop, "frontend").exit() == 0);
    System.out.println(
        "\nCluster and shop stay; make cluster-down takes all down. To look around:\n"
            + "   export KUBECONFIG="
            + cluster.tool("kubeconfig").stdout().strip()
            + "\n   kind-e2e/cluster/cluster kubectl -n shop get pods    (or a kubectl of your own)\n"
            + "   groundctl/target/groundctl status");
    return claims.sum();
  }

  private void install() {
    claims.chapter("A cluster, and the mesh in it");
    claims.typed("kubectl get nodes", cluster.tool("kubectl", "get", "nodes").stdout());
    mesh.loadImages();
    Instant start = Instant.now();
    mesh.install();
    mesh.awaitReady();
    claims.typed(
        "helm install groundmesh daemonset/src/main/helm/groundmesh -n " + Mesh.NAMESPACE, "");
    claims.claim(
        "an agent on each of "
            + cluster.nodes().size()
            + " nodes and the controller are ready after "
            + Duration.between(start, Instant.now()).toMillis()
            + " ms",
        mesh.agents().size() == cluster.nodes().size());
  }

  /** The front end asks for something that whoever taps the wire would like to read. */
  private void ask(App frontend, App catalog, boolean readable) {
    String secret = "card-" + UUID.randomUUID();
    try (Wire wire = cluster.capture(catalog.node())) {
      App.Answer answer = frontend.get("http://catalog/pay?" + secret);
      claims.typed(
          "kubectl -n shop exec frontend -- /testapp get http://catalog/pay?" + secret,
          answer.out() + answer.err());
      claims.claim("the catalog answers", answer.succeeded());
      claims.claim(
          readable
              ? "whoever taps the wire between the nodes reads \"" + secret + "\""
              : "\"" + secret + "\" does not cross the wire",
          wire.saw(secret) == readable);
    }
  }

  private Command.Output explain(Place shop, String client) {
    String from = shop.name() + '/' + client;
    String to = shop.name() + "/catalog";
    Command.Output output =
        new Groundctl(cluster, home).run("explain", "--from", from, "--to", to, "--port", "80");
    claims.typed(
        "groundctl explain --from " + from + " --to " + to + " --port 80",
        output.stdout() + output.stderr());
    return output;
  }
}
