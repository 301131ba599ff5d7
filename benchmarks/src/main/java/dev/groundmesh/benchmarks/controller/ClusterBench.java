package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.benchmarks.controller.ControllerBench.Row;
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

/**
 * Measures the controller on a real API server, with pods as its objects and simulated agents.
 *
 * <p>{@code make bench-controller KUBECONFIG=...}; arguments: kubeconfig, pods, replaced pods, file
 * of results. The pods are bound to nodes without a kubelet, so the API server must be one without
 * the controllers that would clean up after such nodes. A replacement is a new pod that becomes
 * ready and an old one that goes, as in a rollout, timed from the request that changes the pod
 * until it is published, and until the last agent has accepted it.
 */
public final class ClusterBench {

  private static final int PODS_PER_SERVICE = 10;
  private static final int NODES = 10;
  private static final int WRITERS = 16;
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String NAMESPACE = "cluster-bench";
  private static final String UID = "Kubernetes//Pod/" + NAMESPACE + '/';

  private final KubernetesClient client;
  private final ControlPlane controlPlane;

  /** When the request that changes a pod began, by the workload's uid. */
  private final Map<String, Long> requested = new ConcurrentHashMap<>();

  private final ConcurrentLinkedQueue<Double> untilPublished = new ConcurrentLinkedQueue<>();

  /**
   * Revisions that agents have yet to accept, with when the oldest change in each was asked for.
   */
  private final ConcurrentLinkedQueue<Published> unaccepted = new ConcurrentLinkedQueue<>();

  private final CountDownLatch first = new CountDownLatch(1);

  private record Published(long revision, List<Long> requested) {}

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
      ControllerBench.write(
          Path.of(arguments[3]),
          new ClusterBench(client, controlPlane)
              .run(pods, Integer.parseInt(arguments[2]), directory));
    }
  }

  private List<Row> run(int pods, int replaced, Path directory) throws Exception {
    String name = "controller/api-server-" + pods + "-pods";
    List<Row> rows = new ArrayList<>();
    create(pods);
    double before = ControllerBench.heap();
    long begun = System.nanoTime();
    try (KubernetesSource source =
        KubernetesSource.open(client, WatchSettings.defaults(), new MetricRegistry())) {
      source.start(
          new MeshCompiler(
              CompileSettings.folderDefaults(),
              AutoAddresses.recorded(),
              (ResourceSink) this::published,
              (changed, removed) -> {}));
      if (!first.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("no first publish; not listed: " + source.missing());
      }
      rows.add(
          Row.of(name, "from start to first publish", "ms", ControllerBench.millisSince(begun)));
      rows.add(Row.of(name, "heap for all objects", "MiB", ControllerBench.heap() - before));
      Optional<String> missing = controlPlane.startServing(LIMIT);
      if (missing.isPresent()) {
        throw new IllegalStateException(missing.get());
      }
      Path tokens = directory.resolve("bench-tokens");
      Files.write(tokens, ControllerBench.tokens(controlPlane, NODES));
      Process agents =
          ControllerBench.start(controlPlane.xdsPort(), directory.resolve("root-cert.pem"), tokens);
      try {
        ControllerBench.awaitAcked(
            controlPlane, NODES, controlPlane.discovery().newest().revision());
        rows.addAll(replace(name, pods, replaced));
      } finally {
        agents.destroyForcibly().waitFor();
      }
    } finally {
      client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
      client.services().inNamespace(NAMESPACE).delete();
    }
    return rows;
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
    inParallel(pods, this::createPod);
  }

  private void createService(int number) {
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

  private void createPod(int number) {
    String app = "svc-" + number / PODS_PER_SERVICE;
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
    requested.put(UID + "pod-" + number, System.nanoTime());
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
  }

  private List<Row> replace(String name, int pods, int replaced) throws Exception {
    requested.clear();
    untilPublished.clear();
    unaccepted.clear();
    List<Double> untilAccepted = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    long begun = System.nanoTime();
    Thread watcher =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (done.getCount() > 0 || !unaccepted.isEmpty()) {
                    takeAccepted(untilAccepted);
                    pause();
                  }
                });
    inParallel(
        replaced,
        i -> {
          createPod(pods + i);
          requested.put(UID + "pod-" + i, System.nanoTime());
          client.pods().inNamespace(NAMESPACE).withName("pod-" + i).withGracePeriod(0).delete();
        });
    double took = ControllerBench.millisSince(begun);
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!requested.isEmpty() && System.nanoTime() < deadline) {
      pause();
    }
    done.countDown();
    watcher.join(LIMIT);
    Row published = new Row(name, "a change until published", "ms", List.copyOf(untilPublished));
    Row accepted =
        new Row(name, "a change until the last agent has it", "ms", List.copyOf(untilAccepted));
    return List.of(
        Row.of(name, "replacing " + replaced + " pods", "ms", took),
        published,
        Row.of(name, published.metric() + ", p99", "ms", published.quantile(0.99)),
        accepted,
        Row.of(name, accepted.metric() + ", p99", "ms", accepted.quantile(0.99)));
  }

  private void takeAccepted(List<Double> untilAccepted) {
    long accepted = Long.MAX_VALUE;
    for (AgentStatus agent : controlPlane.discovery().agents()) {
      for (AgentStatus.TypeStatus type : agent.types()) {
        accepted = Math.min(accepted, type.ackedRevision());
      }
    }
    Published head = unaccepted.peek();
    while (head != null && head.revision() <= accepted) {
      head.requested().forEach(since -> untilAccepted.add(ControllerBench.millisSince(since)));
      unaccepted.remove();
      head = unaccepted.peek();
    }
  }

  private void published(CompiledResources snapshot, ResourceDelta delta) {
    controlPlane.publish(snapshot, delta);
    List<Long> times = new ArrayList<>();
    for (List<CompiledResource> changed : List.of(delta.updated(), delta.removed())) {
      for (CompiledResource resource : changed) {
        Long since =
            resource.type() == ResourceType.ADDRESS ? requested.remove(resource.name()) : null;
        if (since != null) {
          untilPublished.add(ControllerBench.millisSince(since));
          times.add(since);
        }
      }
    }
    if (!times.isEmpty()) {
      unaccepted.add(new Published(delta.revision(), times));
    }
    first.countDown();
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
