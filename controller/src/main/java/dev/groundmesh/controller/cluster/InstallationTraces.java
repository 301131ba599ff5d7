package dev.groundmesh.controller.cluster;

import dev.groundmesh.meshapi.control.RootConfigMapNames;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;

/**
 * What controllers have made in a cluster beside what was installed: the certificate authority, the
 * root in every namespace, the lease. {@code cacerts} is the user's and stays.
 */
public final class InstallationTraces {
  private final KubernetesClient client;
  private final String namespace;
  private final String controller;

  /**
   * @param client stays the caller's
   * @param namespace that the controllers were installed in
   * @param controller the name of their pods and of the lease
   */
  public InstallationTraces(KubernetesClient client, String namespace, String controller) {
    this.client = client;
    this.namespace = namespace;
    this.controller = controller;
  }

  /**
   * Waits until every controller has ended, for it would write again what is removed, and removes
   * all. Blocks.
   *
   * @param limit to wait for at most
   * @return the controllers that are still there; then nothing was removed
   */
  public int remove(Duration limit) throws InterruptedException {
    int left = InstalledPods.awaitNone(client, namespace, controller, limit);
    if (left > 0) {
      return left;
    }
    client.secrets().inNamespace(namespace).withName(CaSecret.NAME).delete();
    client.leases().inNamespace(namespace).withName(controller).delete();
    removeRoots(RootConfigMapNames.ISTIO);
    removeRoots(RootConfigMapNames.BESIDE_ISTIO);
    return 0;
  }

  /** Those that Istio made are its own. */
  private void removeRoots(String name) {
    client.configMaps().inAnyNamespace().withField("metadata.name", name).list().getItems().stream()
        .map(ConfigMap::getMetadata)
        .filter(root -> root.getLabels() != null)
        .filter(root -> RootConfigMaps.PROJECT.equals(root.getLabels().get(RootConfigMaps.PART_OF)))
        .forEach(
            root -> client.configMaps().inNamespace(root.getNamespace()).withName(name).delete());
  }
}
