package dev.groundmesh.controller.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Ways to the API server: with the pod's own account, or as a kubeconfig says. */
public final class ApiServer {

  /** A request that takes longer has failed; a loaded API server answers within a second or two. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private ApiServer() {}

  /**
   * A client; talks to nobody yet. It reads renewed tokens of the pod's account by itself.
   *
   * @param kubeconfig null: the pod's account, or else what {@code KUBECONFIG} or {@code
   *     ~/.kube/config} says
   * @param context of the kubeconfig; empty: its current one
   * @throws IOException if there is no usable configuration; the message names it
   */
  public static KubernetesClient client(@Nullable Path kubeconfig, String context)
      throws IOException {
    String named = context.isEmpty() ? null : context;
    Config found;
    try {
      found =
          kubeconfig == null
              ? Config.autoConfigure(named)
              : Config.fromKubeconfig(named, kubeconfig.toFile());
    } catch (KubernetesClientException | IllegalArgumentException e) {
      throw new IOException("kubeconfig: " + kubeconfig + " (expected: one of kubectl's)", e);
    }
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(found)
                .withConnectionTimeout((int) PATIENCE.toMillis())
                .withRequestTimeout((int) PATIENCE.toMillis())
                // Whoever asks knows what asking again means.
                .withRequestRetryBackoffLimit(0)
                .withUserAgent("groundmesh-controller")
                .build())
        .build();
  }

  /** Whether something could not be written because its namespace is gone or on its way out. */
  static boolean isGoingAway(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_NOT_FOUND
        || (failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN
            && String.valueOf(failure.getMessage()).contains("being terminated"));
  }

  /** What the API server said, or why it said nothing. */
  static String reason(KubernetesClientException failure) {
    if (failure.getStatus() != null && failure.getStatus().getMessage() != null) {
      return failure.getStatus().getMessage();
    }
    Throwable cause = failure.getCause();
    return cause == null
        ? String.valueOf(failure.getMessage())
        : cause.getClass().getSimpleName()
            + (cause.getMessage() == null ? "" : ": " + cause.getMessage());
  }
}
