package dev.groundmesh.controller.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;

/** The pods of a part of the installation, which bear the part's name in a label. */
final class InstalledPods {
  private static final long POLL_MILLIS = 500;

  private InstalledPods() {}

  /**
   * Waits until the last pod has ended. Blocks.
   *
   * @param namespace of the installation
   * @param part name of the workload that made the pods
   * @param limit to wait for at most
   * @return how many are still there
   */
  static int awaitNone(KubernetesClient client, String namespace, String part, Duration limit)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      int left =
          client
              .pods()
              .inNamespace(namespace)
              .withLabel("app.kubernetes.io/name", part)
              .list()
              .getItems()
              .size();
      if (left == 0 || System.nanoTime() > deadline) {
        return left;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }
}
