package dev.groundmesh.e2e.app;

import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A namespace of one test's own. */
public final class Place implements AutoCloseable {
  /** The label that enrols pods. */
  public static final String DATAPLANE_MODE = "istio.io/dataplane-mode";

  private static final Duration READY_LIMIT = Duration.ofMinutes(2);

  private final Cluster cluster;
  private final String name;
  private volatile boolean deleted;

  private Place(Cluster cluster, String name) {
    this.cluster = cluster;
    this.name = name;
  }

  /** Creates a namespace; its name begins with the given one. */
  public static Place create(Cluster cluster, String prefix, Map<String, String> labels) {
    String suffix =
        Integer.toString(ThreadLocalRandom.current().nextInt(36 * 36 * 36, 36 * 36 * 36 * 36), 36);
    return make(cluster, "e2e-" + prefix + "-" + suffix, labels);
  }

  /** Creates a namespace of exactly this name, in the place of a former one. */
  public static Place named(Cluster cluster, String name) {
    new Place(cluster, name).deleteAndWait();
    return make(cluster, name, Map.of());
  }

  private static Place make(Cluster cluster, String name, Map<String, String> labels) {
    cluster
        .client()
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .addToLabels("groundmesh.dev/e2e", "true")
                .endMetadata()
                .build())
        .create();
    return new Place(cluster, name);
  }

  public String name() {
    return name;
  }

  public Cluster cluster() {
    return cluster;
  }

  /** A workload of the test application, to be started in this namespace. */
  public Workload workload(String workload) {
    return new Workload(this, workload);
  }

  /** Creates or changes the objects of a YAML text, in this namespace. */
  public List<HasMetadata> apply(String yaml) {
    return cluster
        .client()
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .inNamespace(name)
        .forceConflicts()
        .serverSideApply();
  }

  /** Sets a label of the namespace; null removes it. */
  public void label(String key, @Nullable String value) {
    String quoted = value == null ? "null" : "\"" + value + "\"";
    cluster
        .client()
        .namespaces()
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"" + key + "\":" + quoted + "}}}");
  }

  /** As {@code kubectl label namespace … istio.io/dataplane-mode=ambient} does. */
  public void enrol() {
    label(DATAPLANE_MODE, "ambient");
  }

  public void leave() {
    label(DATAPLANE_MODE, null);
  }

  /** A pod as the API server has it now. */
  public Pod pod(String pod) {
    return Objects.requireNonNull(
        cluster.client().pods().inNamespace(name).withName(pod).get(), pod);
  }

  /** The pods with a label {@code app} that are not being deleted, by name. */
  public List<App> apps(String app) {
    return cluster
        .client()
        .pods()
        .inNamespace(name)
        .withLabel("app", app)
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .map(pod -> new App(this, pod.getMetadata().getName()))
        .toList();
  }

  /** What was told of an object by events of this namespace: their reasons and messages. */
  public List<String> events(String object) {
    return cluster.client().v1().events().inNamespace(name).list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(object))
        .map(event -> event.getReason() + ": " + event.getMessage())
        .toList();
  }

  /** Waits until there are so many ready pods with a label {@code app}, and no others. */
  public List<App> awaitReady(String app, int count) {
    Await.until(
        count + " ready pods of " + app + " in " + name,
        READY_LIMIT,
        () -> {
          List<Pod> pods =
              cluster.client().pods().inNamespace(name).withLabel("app", app).list().getItems();
          long ready = pods.stream().filter(Readiness::isPodReady).count();
          return new Seen(
              ready == count && pods.size() == count,
              pods.stream().map(Place::told).toList().toString());
        });
    return apps(app);
  }

  /** A pod's state in words. */
  public static String told(Pod pod) {
    var status = pod.getStatus();
    return pod.getMetadata().getName()
        + " on "
        + pod.getSpec().getNodeName()
        + " "
        + status.getPhase()
        + " "
        + status.getContainerStatuses().stream()
            .map(container -> container.getName() + "=" + container.getState())
            .toList();
  }

  /** Creates a ClusterIP service that selects the label {@code app}. */
  public Service service(String service, String app) {
    apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec:
          selector: {app: %s}
          ports:
          - {name: http, port: 80, targetPort: 8080}
          - {name: tcp, port: 9000}
          - {name: greet, port: 9001}
          - {name: udp, port: 9002, protocol: UDP}
        """
            .formatted(service, app));
    return Objects.requireNonNull(
        cluster.client().services().inNamespace(name).withName(service).get());
  }

  /** An object of any kind, such as a policy with its status. */
  public GenericKubernetesResource object(String apiVersion, String kind, String object) {
    return Objects.requireNonNull(
        cluster
            .client()
            .genericKubernetesResources(apiVersion, kind)
            .inNamespace(name)
            .withName(object)
            .get(),
        object);
  }

  public void delete(String apiVersion, String kind, String object) {
    cluster
        .client()
        .genericKubernetesResources(apiVersion, kind)
        .inNamespace(name)
        .withName(object)
        .delete();
  }

  /** Whether its deletion was asked for. */
  public boolean isDeleted() {
    return deleted;
  }

  /** Asks for the namespace's deletion and does not wait for it. */
  @Override
  public void close() {
    deleted = true;
    cluster.client().namespaces().withName(name).delete();
  }

  /** Deletes the namespace and waits until it is gone. */
  public void deleteAndWait() {
    close();
    cluster
        .client()
        .namespaces()
        .withName(name)
        .waitUntilCondition(Objects::isNull, READY_LIMIT.toSeconds(), TimeUnit.SECONDS);
  }
}
