package dev.groundmesh.groundctl.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cluster, as a user, with the namespace that commands mean when they are told none.
 *
 * @param name of the context in the kubeconfig; {@code in-cluster} for a pod's own
 * @param namespace {@code default} where the context names none
 * @param config how the API server is reached, with short time limits: a person waits
 */
public record KubeContext(String name, String namespace, Config config) {
  /** The name of the context that a pod has without a kubeconfig. */
  public static final String IN_CLUSTER = "in-cluster";

  private static final int CONNECT_MILLIS = 5_000;
  private static final int REQUEST_MILLIS = 20_000;
  private static final int RETRIES = 2;

  /**
   * The context that kubectl would use with the same options.
   *
   * @param kubeconfig the one file to read; null: those that the environment names
   * @param context the context's name; null: the current one
   * @return empty where there is neither a kubeconfig nor a pod's service account, and nothing was
   *     asked for by name
   * @throws KubeConfigException if what was asked for cannot be had
   */
  public static Optional<KubeContext> find(@Nullable Path kubeconfig, @Nullable String context) {
    KubeConfigFiles files =
        kubeconfig != null
            ? KubeConfigFiles.single(kubeconfig)
            : KubeConfigFiles.ofEnvironment(System.getenv());
    if (files.isEmpty()) {
      if (context != null) {
        throw new KubeConfigException(
            "--context: " + context + " (expected: a context of a kubeconfig, and there is none)",
            null);
      }
      return inCluster();
    }
    return Optional.of(of(files, context));
  }

  /**
   * A context of some kubeconfig files.
   *
   * @param files merged as kubectl merges them: who names something first wins
   * @param context null for the current one
   */
  public static KubeContext read(List<Path> files, @Nullable String context) {
    return of(new KubeConfigFiles(files), context);
  }

  private static KubeContext of(KubeConfigFiles files, @Nullable String context) {
    KubeConfigFiles.Merged merged = files.merge(context);
    Config config = Config.fromKubeconfig(merged.yaml());
    return new KubeContext(merged.context(), merged.namespace(), patient(config));
  }

  private static Optional<KubeContext> inCluster() {
    if (System.getenv("KUBERNETES_SERVICE_HOST") == null) {
      return Optional.empty();
    }
    Config config = new ConfigBuilder().build();
    String namespace = config.getNamespace();
    return Optional.of(
        new KubeContext(IN_CLUSTER, namespace == null ? "default" : namespace, patient(config)));
  }

  private static Config patient(Config config) {
    config.setConnectionTimeout(CONNECT_MILLIS);
    config.setRequestTimeout(REQUEST_MILLIS);
    config.setRequestRetryBackoffLimit(RETRIES);
    return config;
  }

  /** A client of the cluster; whoever asks for it closes it. */
  public KubernetesClient connect() {
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Override
  public String toString() {
    return "context " + name;
  }
}
