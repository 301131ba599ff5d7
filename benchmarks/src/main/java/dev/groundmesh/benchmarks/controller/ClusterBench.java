package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.controller.ControlPlane;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.compile.ResourceDelta;
import dev.groundmesh.controller.compile.ResourceSink;
import dev.groundmesh.controller.kubernetes.KubernetesSource;
import dev.groundmesh.controller.kubernetes.WatchSettings;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.xds.AgentStatus;
import dev.groundmesh.meshapi.wire.ResourceType;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * Measures the controller on a real API server, with pods as its objects and simulated agents.
 *
 * <p>{@code make bench-controller}; arguments: kubeconfig, pods, replaced pods, file of results.
 * The pods are bound to nodes without a kubelet, so the API server must be one without the
 * controllers that would clean up after such nodes. A replacement is a new pod that becomes ready
 * and an old one that goes, as in a rollout. Each change is timed from the request and from the API
 * server's answer to it until it is published, and until the last agent has accepted it.
 */
public final class ClusterBench {

  private static final int PODS_PER_SERVICE = 10;
  private static final int NODES = 10;
  private static final int WRITERS = 16;
  private static final int FIRST_LISTS = 5;
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String NAMESPACE = "cluster-bench";
  private static final String UID = "Kubernetes//Pod/" + NAMESPACE + '/';

  private final KubernetesClient client;
  private final ControlPlane controlPlane;

  /** Pods that change, by the workload's uid. */
  private final Map<String, PodChange> changes = new ConcurrentHashMap<>();

  private final ConcurrentLinkedQueue<Published> unaccepted = new ConcurrentLinkedQueue<>();

  /** One change of a pod, by when it got how far; nanoseconds, 0: not yet. */
  private static final class PodChange {
    final long requested = System.nanoTime();
    volatile long answered;
    volatile long published;
    volatile long accepted;
  }

  /** Changes that agents have yet to accept. */
  private record Published(long revision, List<PodChange> changes) {}

  private ClusterBench(KubernetesClient client, ControlPlane controlPlane) {
    this.client = client;
    this.controlPlane = controlPlane;
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("cluster-bench");
    int pods = Integer.parseInt(arguments[1]);
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(new File(arguments[0])))
                .build();
        ControlPlane controlPlane = ControllerBench.openControlPlane(directory)) {
      List<Figure> figures =
          new ClusterBench(client, controlPlane)
              .run(pods, Integer.parseInt(arguments[2]), directory);
      figures.forEach(Figure::print);
      Figure.write(Path.of(arguments[3]), figures);
    }
  }

  private List<Figure> run(int pods, int replaced, Path directory) throws Exception {
    String name = "controller/api-server-" + pods + "-pods";
    List<Figure> figures = new ArrayList<>();
    create(pods);
    List<Double> firsts = new ArrayList<>();
    for (int i = 0; i < FIRST_LISTS; i++) {
      firsts.add(timeFirstPublish());
    }
    figures.add(new Figure(name, "from start to first publish", "ms", firsts));
    double before = ProcessUse.heapMib();
    try (KubernetesSource _ = compileInto(this::published)) {
      figures.add(Figure.of(name, "heap for all objects", "MiB", ProcessUse.heapMib() - before));
      Optional<String> missing = controlPlane.startServing(LIMIT);
      if (missing.isPresent()) {
        throw new IllegalStateException(missing.get());
      }
      try (AgentProcess agents = AgentProcess.start(controlPlane, directory, NODES)) {
        agents.connectHoldingNothing();
        agents.awaitAccepted(NODES, controlPlane.discovery().newest().revision(), LIMIT);
        figures.addAll(replace(name, pods, replaced));
      }
    } finally {
      client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
      client.services().inNamespace(NAMESPACE).delete();
    }
    return figures;
  }

  /** A controller that starts, beside nothing else. */
  private double timeFirstPublish() throws Exception {
    long begun = System.nanoTime();
    try (KubernetesSource _ = compileInto((snapshot, delta) -> {})) {
      return ControllerBench.millisSince(begun);
    }
  }

  /** A source whose objects have been compiled for a sink, and are when they change. */
  private KubernetesSource compileInto(ResourceSink sink) throws InterruptedException {
    CountDownLatch first = new CountDownLatch(1);
    KubernetesSource source =
        KubernetesSource.open(client, WatchSettings.defaults(), new MetricRegistry());
    source.start(
        new MeshCompiler(
            CompileSettings.folderDefaults(),
            AutoAddresses.recorded(),
            (snapshot, delta) -> {
              sink.publish(snapshot, delta);
              first.countDown();
            },
            (changed, removed) -> {}));
    if (!first.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      String missing = source.missing().toString();
      source.close();
      throw new IllegalStateException("no first publish; not listed: " + missing);
    }
    return source;
  }

  private void create(int pods) throws Exception {
    client
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(NAMESPACE)
                .addToLabels("istio.io/dataplane-mode", "ambient")
                .endMetadata()
                .build())
        .serverSideApply();
    for (int i = 0; i < NODES; i++) {
      client
          .nodes()
          .resource(new NodeBuilder().withNewMetadata().withName("node-" + i).endMetadata().build())
          .serverSideApply();
    }
    inParallel(pods / PODS_PER_SERVICE, this::createService);
    inParallel(pods, number -> createPod(number, number));
  }

  /** A service, and the account of its pods, without which the API server takes none. */
  private void createService(int number) {
    client
        .serviceAccounts()
        .inNamespace(NAMESPACE)
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("svc-" + number)
                .endMetadata()
                .build())
        .create();
    client
        .services()
        .inNamespace(NAMESPACE)
        .resource(
            new ServiceBuilder()
                .withNewMetadata()
                .withName("svc-" + number)
                .endMetadata()
                .withNewSpec()
                .addToSelector("app", "svc-" + number)
                .addNewPort()
                .withPort(80)
                .endPort()
                .endSpec()
                .build())
        .create();
  }

  /** A pod of the service that another number's is of. */
  private void createPod(int number, int like) {
    String app = "svc-" + like / PODS_PER_SERVICE;
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName("pod-" + number)
            .addToLabels("app", app)
            .addToLabels("version", "v1")
            .endMetadata()
            .withNewSpec()
            .withNodeName("node-" + number % NODES)
            .withServiceAccountName(app)
            .addNewContainer()
            .withName("app")
            .withImage("app")
            .addNewPort()
            .withName("http")
            .withContainerPort(8080)
            .endPort()
            .addNewEnv()
            .withName("SOMETHING")
            .withValue("that every pod has")
            .endEnv()
            .endContainer()
            .endSpec()
            .build();
    Pod created = client.pods().inNamespace(NAMESPACE).resource(pod).create();
    PodChange change = new PodChange();
    changes.put(UID + "pod-" + number, change);
    client
        .pods()
        .inNamespace(NAMESPACE)
        .resource(
            new PodBuilder(created)
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(
                    "10." + (number >> 16) + '.' + (number >> 8 & 255) + '.' + (number & 255))
                .addNewPodIP()
                .withIp("10." + (number >> 16) + '.' + (number >> 8 & 255) + '.' + (number & 255))
                .endPodIP()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .updateStatus();
    change.answered = System.nanoTime();
  }

  private void deletePod(int number) {
    PodChange change = new PodChange();
    changes.put(UID + "pod-" + number, change);
    client.pods().inNamespace(NAMESPACE).withName("pod-" + number).withGracePeriod(0).delete();
    change.answered = System.nanoTime();
  }

  private List<Figure> replace(String name, int pods, int replaced) throws Exception {
    changes.clear();
    unaccepted.clear();
    Thread watcher = Thread.ofPlatform().daemon().start(this::watchAccepted);
    long begun = System.nanoTime();
    inParallel(
        replaced,
        i -> {
          createPod(pods + i, i);
          deletePod(i);
        });
    double took = ControllerBench.millisSince(begun);
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (changes.values().stream().anyMatch(change -> change.accepted == 0)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("changes that agents were not told of");
      }
      pause();
    }
    watcher.interrupt();
    List<Figure> figures = new ArrayList<>();
    figures.add(Figure.of(name, "replacing " + replaced + " pods", "ms", took));
    addWithTail(
        figures,
        name,
        "a change: the API server's answer",
        change -> change.answered - change.requested);
    addWithTail(
        figures,
        name,
        "a change: from the answer until published",
        change -> Math.max(0, change.published - change.answered));
    addWithTail(
        figures,
        name,
        "a change: from the answer until the last agent has it",
        change -> Math.max(0, change.accepted - change.answered));
    addWithTail(
        figures,
        name,
        "a change: from the request until the last agent has it",
        change -> change.accepted - change.requested);
    return figures;
  }

  private void addWithTail(
      List<Figure> figures, String name, String metric, ToLongFunction<PodChange> nanos) {
    Figure figure =
        new Figure(
            name,
            metric,
            "ms",
            changes.values().stream().map(change -> nanos.applyAsLong(change) / 1e6).toList());
    figures.add(figure);
    figures.add(Figure.of(name, metric + ", p99", "ms", figure.quantile(0.99)));
  }

  private void watchAccepted() {
    while (!Thread.currentThread().isInterrupted()) {
      long accepted = Long.MAX_VALUE;
      for (AgentStatus agent : controlPlane.discovery().agents()) {
        for (AgentStatus.TypeStatus type : agent.types()) {
          accepted = Math.min(accepted, type.ackedRevision());
        }
      }
      Published head = unaccepted.peek();
      while (head != null && head.revision() <= accepted) {
        long now = System.nanoTime();
        head.changes().forEach(change -> change.accepted = now);
        unaccepted.remove();
        head = unaccepted.peek();
      }
      pause();
    }
  }

  private void published(CompiledResources snapshot, ResourceDelta delta) {
    controlPlane.publish(snapshot, delta);
    long now = System.nanoTime();
    List<PodChange> published = new ArrayList<>();
    for (List<CompiledResource> changed : List.of(delta.updated(), delta.removed())) {
      for (CompiledResource resource : changed) {
        PodChange change =
            resource.type() == ResourceType.ADDRESS ? changes.get(resource.name()) : null;
        if (change != null && change.published == 0) {
          change.published = now;
          published.add(change);
        }
      }
    }
    if (!published.isEmpty()) {
      unaccepted.add(new Published(delta.revision(), published));
    }
  }

  private static void inParallel(int count, IntConsumer work) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        results.add(threads.submit(() -> work.accept(number)));
      }
      for (Future<?> result : results) {
        result.get();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
