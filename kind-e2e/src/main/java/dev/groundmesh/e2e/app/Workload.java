package dev.groundmesh.e2e.app;

import dev.groundmesh.e2e.cluster.ClusterNode;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The test application as a workload: by default all its servers, under a service account of the
 * workload's name, and with a label {@code app} of it.
 */
public final class Workload {
  static final String CONTAINER = "app";
  private static final String IMAGE = "groundmesh.local/testapp:1";
  private static final int START_LIMIT_SECONDS = 120;

  /**
   * A share of the CPU beside the mesh, as workloads in use ask for. All pods of a node that ask
   * for none share what one does that asks for 2m: while twenty start, a server may wait for
   * seconds.
   */
  private static final Map<String, Quantity> REQUESTS = Map.of("cpu", new Quantity("25m"));

  private final Place place;
  private final String name;
  private final PodTemplateSpecBuilder template;
  private final ContainerBuilder container;

  Workload(Place place, String name) {
    this.place = place;
    this.name = name;
    this.template =
        new PodTemplateSpecBuilder()
            .withNewMetadata()
            .addToLabels("app", name)
            .endMetadata()
            .withNewSpec()
            .withServiceAccountName(name)
            .withAutomountServiceAccountToken(false)
            .withTerminationGracePeriodSeconds(8L)
            .endSpec();
    this.container =
        new ContainerBuilder()
            .withName(CONTAINER)
            .withImage(IMAGE)
            .withImagePullPolicy("IfNotPresent")
            .withArgs("serve")
            .withResources(new ResourceRequirementsBuilder().withRequests(REQUESTS).build())
            .withEnv(
                new EnvVarBuilder()
                    .withName("NODE")
                    .withNewValueFrom()
                    .withNewFieldRef()
                    .withFieldPath("spec.nodeName")
                    .endFieldRef()
                    .endValueFrom()
                    .build())
            .withReadinessProbe(http("/ready"));
  }

  /** A probe by HTTP on the application's port, each second. */
  public static Probe http(String path) {
    return eachSecond().withNewHttpGet().withPath(path).withNewPort(8080).endHttpGet().build();
  }

  /** A probe each second, which no hiccup of a busy machine fails. */
  public static ProbeBuilder eachSecond() {
    return new ProbeBuilder().withPeriodSeconds(1).withTimeoutSeconds(10);
  }

  /** Binds the pods to a node. */
  public Workload on(ClusterNode node) {
    template.editSpec().withNodeSelector(Map.of("kubernetes.io/hostname", node.name())).endSpec();
    return this;
  }

  public Workload label(String key, String value) {
    template.editMetadata().addToLabels(key, value).endMetadata();
    return this;
  }

  /** Other arguments than {@code serve}; no probe then. */
  public Workload args(String... arguments) {
    container.withArgs(arguments).withReadinessProbe(null);
    return this;
  }

  public Workload readiness(Probe probe) {
    container.withReadinessProbe(probe);
    return this;
  }

  public Workload liveness(Probe probe) {
    container.withLivenessProbe(probe);
    return this;
  }

  public Workload hostNetwork() {
    template.editSpec().withHostNetwork(true).withDnsPolicy("ClusterFirstWithHostNet").endSpec();
    return this;
  }

  /** A container that must succeed before the application starts. */
  public Workload init(String... arguments) {
    template
        .editSpec()
        .addToInitContainers(
            new ContainerBuilder()
                .withName("init")
                .withImage(IMAGE)
                .withImagePullPolicy("IfNotPresent")
                .withArgs(arguments)
                .build())
        .endSpec();
    return this;
  }

  private PodTemplateSpec template() {
    var accounts = place.cluster().client().serviceAccounts().inNamespace(place.name());
    if (accounts.withName(name).get() == null) {
      accounts
          .resource(
              new ServiceAccountBuilder().withNewMetadata().withName(name).endMetadata().build())
          .create();
    }
    return template.editSpec().withContainers(List.of(container.build())).endSpec().build();
  }

  /** One pod, without waiting for it. */
  public App create() {
    PodTemplateSpec spec = template();
    place
        .cluster()
        .client()
        .pods()
        .inNamespace(place.name())
        .resource(
            new PodBuilder()
                .withMetadata(spec.getMetadata())
                .editMetadata()
                .withName(name)
                .endMetadata()
                .withSpec(spec.getSpec())
                .build())
        .create();
    return new App(place, name);
  }

  /** One pod, ready. */
  public App start() {
    App app = create();
    place
        .cluster()
        .client()
        .pods()
        .inNamespace(place.name())
        .withName(name)
        .waitUntilReady(START_LIMIT_SECONDS, TimeUnit.SECONDS);
    return app;
  }

  /** A Deployment, without waiting for its pods. */
  public void deploy(int replicas) {
    place
        .cluster()
        .client()
        .apps()
        .deployments()
        .inNamespace(place.name())
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .withNewSelector()
                .addToMatchLabels("app", name)
                .endSelector()
                .withTemplate(template())
                .endSpec()
                .build())
        .create();
  }

  /** A DaemonSet, without waiting for its pods. */
  public void onEachNode() {
    place
        .cluster()
        .client()
        .apps()
        .daemonSets()
        .inNamespace(place.name())
        .resource(
            new DaemonSetBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addToMatchLabels("app", name)
                .endSelector()
                .withTemplate(template())
                .endSpec()
                .build())
        .create();
  }

  /** A StatefulSet of the headless service of the same name, without waiting for its pods. */
  public void statefulSet(int replicas) {
    place
        .cluster()
        .client()
        .apps()
        .statefulSets()
        .inNamespace(place.name())
        .resource(
            new StatefulSetBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .withServiceName(name)
                .withPodManagementPolicy("Parallel")
                .withNewSelector()
                .addToMatchLabels("app", name)
                .endSelector()
                .withTemplate(template())
                .endSpec()
                .build())
        .create();
  }

  /** A Job whose pod is tried once. */
  public void job() {
    PodTemplateSpec spec = template();
    spec.getSpec().setRestartPolicy("Never");
    place
        .cluster()
        .client()
        .batch()
        .v1()
        .jobs()
        .inNamespace(place.name())
        .resource(
            new JobBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(0)
                .withTemplate(spec)
                .endSpec()
                .build())
        .create();
  }
}
