package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.kube.KubeConfigException;
import dev.groundmesh.groundctl.kube.KubeContext;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster is meant, with kubectl's options and its defaults. */
final class KubeOptions {
  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "the kubeconfig to read (default: those of $$KUBECONFIG, else ~/.kube/config)")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "the context of the kubeconfig (default: its current one)")
  private @Nullable String context;

  @Option(
      names = "--root-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "istio-system",
      description = "where the mesh is installed (default: ${DEFAULT-VALUE})")
  private String rootNamespace = "istio-system";

  /** Whether an option or {@code KUBECONFIG} names a cluster. */
  boolean areGiven() {
    return kubeconfig != null || context != null || System.getenv("KUBECONFIG") != null;
  }

  /** The cluster that kubectl would use; empty where there is no kubeconfig. */
  Optional<KubeContext> find() {
    return KubeContext.find(kubeconfig, context);
  }

  /**
   * The cluster that kubectl would use.
   *
   * @throws KubeConfigException if there is no kubeconfig, or not what was asked for
   */
  KubeContext require() {
    return find()
        .orElseThrow(
            () ->
                new KubeConfigException(
                    "--kubeconfig: (unset) (expected: a kubeconfig, by option, $KUBECONFIG or"
                        + " ~/.kube/config)",
                    null));
  }

  String rootNamespace() {
    return rootNamespace;
  }
}
