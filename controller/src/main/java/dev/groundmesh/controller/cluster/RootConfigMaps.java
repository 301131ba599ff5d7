package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.meshapi.control.RootConfigMapNames;
import dev.groundmesh.meshapi.retry.Backoff;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ConfigMap {@code istio-ca-root-cert} of every namespace, where pods find the roots. The
 * replica that leads writes it where it is missing or says something else; a namespace that is
 * going away is left alone. A write that fails is tried again, ever more seldom, and so is one that
 * another control plane undoes.
 *
 * <p>Decisions and writes are made on one thread, {@code root-certificates}.
 */
public final class RootConfigMaps implements AutoCloseable {

  static final String PART_OF = "app.kubernetes.io/part-of";
  static final String PROJECT = "groundmesh";

  /** The entry with the roots, PEM. */
  public static final String KEY = "root-cert.pem";

  private static final Logger log = LoggerFactory.getLogger(RootConfigMaps.class);
  private static final String OWNER = "groundmesh-controller";
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

  private final KubernetesClient client;
  private final String name;
  private final Leadership leadership;
  private final ScheduledExecutorService thread;
  private final MetricRegistry.Counter writes;
  private final MetricRegistry.Counter failures;
  private final SharedIndexInformer<Namespace> namespaces;
  private final SharedIndexInformer<ConfigMap> configMaps;

  /** So many writes without calm are of two that disagree, and not of a person who tries. */
  private static final int DISPUTED = 6;

  /** Of the one thread. */
  private final Map<String, Integer> failed = new HashMap<>();

  /** Of the one thread. */
  private final Repairs repairs = new Repairs(RETRY);

  private final Set<String> pending = new HashSet<>();
  private volatile String wanted = "";

  private RootConfigMaps(
      KubernetesClient client, Leadership leadership, MetricRegistry metrics, String name) {
    this.client = client;
    this.name = name;
    this.leadership = leadership;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("root-certificates").daemon().factory());
    this.writes =
        metrics.counter(
            "groundmesh_root_configmap_writes_total",
            "Writes of a namespace's ConfigMap with the root certificates.");
    this.failures =
        metrics.counter(
            "groundmesh_root_configmap_failures_total",
            "Writes of a namespace's ConfigMap with the root certificates that failed.");
    this.namespaces = client.namespaces().runnableInformer(0);
    this.configMaps =
        client.configMaps().inAnyNamespace().withField("metadata.name", name).runnableInformer(0);
  }

  /**
   * Begins to watch; writes once it knows of namespaces, and of roots.
   *
   * @param name of the ConfigMaps, one of {@link RootConfigMapNames}
   */
  public static RootConfigMaps start(
      KubernetesClient client, Leadership leadership, MetricRegistry metrics, String name) {
    RootConfigMaps maps = new RootConfigMaps(client, leadership, metrics, name);
    maps.namespaces.addEventHandler(maps.on(namespace -> namespace.getMetadata().getName()));
    maps.configMaps.addEventHandler(maps.on(map -> map.getMetadata().getNamespace()));
    for (SharedIndexInformer<?> informer : List.of(maps.namespaces, maps.configMaps)) {
      informer.exceptionHandler((started, problem) -> true);
      var _ = informer.start();
    }
    leadership.listen(
        new Leadership.Listener() {
          @Override
          public void gained() {
            maps.lookAtAll();
          }

          @Override
          public void lost() {
            // Whatever is pending asks whether it still leads.
          }
        });
    return maps;
  }

  /** What the ConfigMaps are to say from now on. Any thread; cheap if nothing changed. */
  public void want(String rootsPem) {
    if (!rootsPem.equals(wanted)) {
      wanted = rootsPem;
      if (!thread.isShutdown()) {
        thread.execute(repairs::forgetAll);
      }
      lookAtAll();
    }
  }

  @FunctionalInterface
  private interface NamespaceOf<T> {
    String of(T object);
  }

  private <T extends HasMetadata> ResourceEventHandler<T> on(NamespaceOf<T> namespace) {
    Consumer<T> look = object -> lookAt(namespace.of(object), Duration.ZERO);
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(T object) {
        look.accept(object);
      }

      @Override
      public void onUpdate(T old, T object) {
        look.accept(object);
      }

      @Override
      public void onDelete(T object, boolean unknown) {
        look.accept(object);
      }
    };
  }

  private void lookAtAll() {
    if (!thread.isShutdown()) {
      thread.execute(
          () ->
              namespaces
                  .getStore()
                  .list()
                  .forEach(found -> lookAt(found.getMetadata().getName(), Duration.ZERO)));
    }
  }

  private void lookAt(String namespace, Duration delay) {
    synchronized (pending) {
      if (thread.isShutdown() || !pending.add(namespace)) {
        return;
      }
    }
    thread.schedule(() -> look(namespace), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(String namespace) {
    synchronized (pending) {
      pending.remove(namespace);
    }
    String roots = wanted;
    Namespace found = namespaces.getStore().getByKey(namespace);
    ConfigMap map = configMaps.getStore().getByKey(namespace + '/' + name);
    // Before all ConfigMaps are known, each would be taken for missing.
    if (!leadership.isLeader()
        || roots.isEmpty()
        || !configMaps.hasSynced()
        || !isToBeWritten(found, map, roots)) {
      failed.remove(namespace);
      if (found == null) {
        repairs.forget(namespace);
      }
      if (!configMaps.hasSynced()) {
        lookAt(namespace, RETRY.first());
      }
      return;
    }
    Duration pause = repairs.pause(namespace, System.nanoTime());
    if (pause.isPositive()) {
      lookAt(namespace, pause);
      return;
    }
    try {
      write(namespace, roots);
      failed.remove(namespace);
      if (repairs.wrote(namespace, System.nanoTime()) == DISPUTED) {
        log.warn(
            "ConfigMap {}/{}: changed by another as often as it is written (expected: one control"
                + " plane that writes it)",
            namespace,
            name);
      }
    } catch (KubernetesClientException e) {
      if (ApiServer.isGoingAway(e) || thread.isShutdown()) {
        failed.remove(namespace);
        return;
      }
      failures.increment();
      int times = failed.merge(namespace, 1, Integer::sum);
      if (times == 1) {
        log.error("ConfigMap {}/{}: cannot be written: {}", namespace, name, ApiServer.reason(e));
      }
      lookAt(namespace, RETRY.after(times));
    }
  }

  /** Whether a namespace's ConfigMap is missing or wrong. */
  static boolean isToBeWritten(
      @Nullable Namespace namespace, @Nullable ConfigMap map, String roots) {
    return namespace != null
        && namespace.getMetadata().getDeletionTimestamp() == null
        && (map == null || map.getData() == null || !roots.equals(map.getData().get(KEY)));
  }

  private void write(String namespace, String roots) {
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .addToLabels(PART_OF, PROJECT)
            .endMetadata()
            .addToData(KEY, roots)
            .build();
    client
        .configMaps()
        .inNamespace(namespace)
        .resource(map)
        .fieldManager(OWNER)
        .forceConflicts()
        .serverSideApply();
    writes.increment();
  }

  @Override
  public void close() {
    namespaces.stop();
    configMaps.stop();
    thread.shutdownNow();
  }
}
