package dev.groundmesh.benchmarks.cluster;

import dev.groundmesh.benchmarks.Results;
import dev.groundmesh.benchmarks.Sample;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.cluster.ClusterNode;
import dev.groundmesh.e2e.mesh.Groundctl;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Measures the mesh in the cluster that the environment names: from {@code helm install} and {@code
 * groundctl install} to ready, from a namespace's label to its pods enrolled, and what the CNI
 * plugin adds to the start of a pod. Installs the mesh anew, and leaves it there.
 *
 * <p>{@code make bench-cluster}; argument: file of results. {@code BENCH_REPETITIONS} says how
 * often each is done (3), {@code BENCH_PODS} how many pods the namespace has (50), {@code
 * BENCH_BURST} how many pods start on one node, once one by one and once all together (30).
 */
public final class MeshInClusterBench {
  private static final String SUBJECT = "groundmesh";
  private static final String PLUGIN = "groundmesh-cni";

  /** Comes just before ours in the chain and has nothing to do for these pods. */
  private static final String OTHER_PLUGIN = "portmap";

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration ENROL_LIMIT = Duration.ofSeconds(60);
  private static final List<String> DEFINITION_GROUPS =
      List.of(".istio.io", ".gateway.networking.k8s.io");

  private final Cluster cluster;
  private final Mesh mesh;
  private final Groundctl groundctl;
  private final int repetitions;
  private final int pods;
  private final int burst;
  private final Results results = new Results();

  private MeshInClusterBench(Cluster cluster, Path home, Map<String, String> environment) {
    this.cluster = cluster;
    this.mesh = new Mesh(cluster, home);
    this.groundctl = new Groundctl(cluster, home);
    this.repetitions = number(environment, "BENCH_REPETITIONS", 3);
    this.pods = number(environment, "BENCH_PODS", 50);
    this.burst = number(environment, "BENCH_BURST", 30);
  }

  private static int number(Map<String, String> environment, String name, int usual) {
    String text = environment.getOrDefault(name, "");
    try {
      int number = text.isEmpty() ? usual : Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": " + text + " (expected: a number)", e);
    }
    throw new IllegalArgumentException(name + ": " + text + " (expected: 1 or more)");
  }

  /** Takes one argument, the file of results; the launcher's property says where the build is. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("groundmesh.home", ".")).toAbsolutePath();
    try (Cluster cluster = Cluster.open(home)) {
      var bench = new MeshInClusterBench(cluster, home, System.getenv());
      bench.run();
      bench.results.writeJson(Path.of(arguments[0]));
      System.out.print(bench.results.table(Optional.empty()));
    }
  }

  private void run() throws InterruptedException {
    mesh.loadImages();
    remove();
    for (int i = 0; i < repetitions; i++) {
      install("install/groundctl", () -> groundctl.run("install").orThrow());
      groundctl.run("uninstall", "--crds").orThrow();
      remove();
      install(
          "install/helm",
          () -> {
            mesh.install();
            mesh.awaitReady();
          });
      if (i + 1 < repetitions) {
        mesh.uninstall();
        remove();
      }
    }
    enrol();
    try (PluginClock clock = PluginClock.start(cluster, cluster.last(), PLUGIN, OTHER_PLUGIN)) {
      for (int i = 0; i < repetitions; i++) {
        oneByOne(clock);
        together(clock);
      }
    }
  }

  private void install(String name, Runnable install) {
    long begun = System.nanoTime();
    install.run();
    add(name, "to ready", "s", Redirections.millisSince(begun) / 1e3);
  }

  /** What of a former mesh would spare an installation some work. */
  private void remove() {
    if (mesh.isInstalled()) {
      mesh.uninstall();
    }
    Await.until(
        "the end of the mesh's pods",
        LIMIT,
        () -> {
          List<String> left = new ArrayList<>();
          mesh.agents().forEach(pod -> left.add(pod.getMetadata().getName()));
          mesh.controllers().forEach(pod -> left.add(pod.getMetadata().getName()));
          return new Seen(left.isEmpty(), left.toString());
        });
    var definitions = cluster.client().apiextensions().v1().customResourceDefinitions();
    definitions.list().getItems().stream()
        .map(definition -> definition.getMetadata().getName())
        .filter(name -> DEFINITION_GROUPS.stream().anyMatch(name::endsWith))
        .forEach(name -> definitions.withName(name).delete());
    var namespace = cluster.client().namespaces().withName(Mesh.NAMESPACE);
    namespace.delete();
    namespace.waitUntilCondition(Objects::isNull, LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private void enrol() throws InterruptedException {
    Place place = Place.create(cluster, "bench", Map.of());
    List<ClusterNode> nodes = cluster.nodes().subList(0, 2);
    for (ClusterNode node : nodes) {
      place.workload("on-" + node.name()).on(node).args("serve").deploy(pods / nodes.size());
    }
    int all = pods / nodes.size() * nodes.size();
    awaitRunning(place, all);
    String name = "label/" + all + "-pods";
    try (var redirections = new Redirections(place)) {
      for (int i = 0; i < repetitions; i++) {
        long begun = System.nanoTime();
        place.enrol();
        redirections.await(all, "enabled", ENROL_LIMIT);
        add(name, "to all in", "s", Redirections.millisSince(begun) / 1e3);
        begun = System.nanoTime();
        place.leave();
        redirections.await(all, "", ENROL_LIMIT);
        add(name, "to all out", "s", Redirections.millisSince(begun) / 1e3);
      }
    }
    place.deleteAndWait();
  }

  private void oneByOne(PluginClock clock) {
    Place place = Place.create(cluster, "bench", Map.of(Place.DATAPLANE_MODE, "ambient"));
    for (int i = 0; i < burst; i++) {
      App pod = place.workload("pod-" + i).on(cluster.last()).args("serve").start();
      cluster.client().pods().inNamespace(place.name()).withName(pod.name()).delete();
    }
    addTimes("cni-add/one-by-one", clock, place);
    place.deleteAndWait();
  }

  private void together(PluginClock clock) {
    String name = "cni-add/burst-of-" + burst;
    Place place = Place.create(cluster, "bench", Map.of(Place.DATAPLANE_MODE, "ambient"));
    long begun = System.nanoTime();
    place.workload("burst").on(cluster.last()).args("serve").deploy(burst);
    awaitRunning(place, burst);
    add(name, "to all running", "s", Redirections.millisSince(begun) / 1e3);
    addTimes(name, clock, place);
    place.deleteAndWait();
  }

  private void addTimes(String name, PluginClock clock, Place place) {
    List<PluginClock.Added> all = clock.take();
    addTimes(name, SUBJECT, all.stream().filter(a -> a.of(PLUGIN, place.name())).toList());
    addTimes(
        name, OTHER_PLUGIN, all.stream().filter(a -> a.of(OTHER_PLUGIN, place.name())).toList());
  }

  private void addTimes(String name, String subject, List<PluginClock.Added> added) {
    List<Double> sorted = added.stream().map(PluginClock.Added::millis).sorted().toList();
    add(name, subject, new Sample("plugin p50", "ms", Results.median(sorted)));
    add(
        name,
        subject,
        new Sample("plugin p99", "ms", sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1)));
    add(
        name,
        subject,
        new Sample("refused", "adds", added.stream().filter(a -> a.exit() != 0).count()));
  }

  private void awaitRunning(Place place, int count) {
    Await.until(
        count + " running pods in " + place.name(),
        LIMIT,
        () -> {
          List<Pod> found = cluster.client().pods().inNamespace(place.name()).list().getItems();
          long running =
              found.stream().filter(pod -> "Running".equals(pod.getStatus().getPhase())).count();
          return new Seen(running == count, running + " of " + found.size());
        });
  }

  private void add(String name, String metric, String unit, double value) {
    add(name, SUBJECT, new Sample(metric, unit, value));
  }

  private void add(String name, String subject, Sample sample) {
    results.add(name, subject, sample);
    tell(
        "%s %s %s: %.1f %s"
            .formatted(name, subject, sample.metric(), sample.value(), sample.unit()));
  }

  private static void tell(String what) {
    System.err.println("bench-cluster: " + what);
  }
}
