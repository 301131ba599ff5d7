package dev.groundmesh.groundctl.install;

import dev.groundmesh.groundctl.mesh.ClusterAccess;
import dev.groundmesh.meshapi.control.RootConfigMapNames;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes the mesh out of a cluster. The agents go first, while the controller can still tell them
 * that they leave for good: they release their pods and remove what they put on the nodes.
 */
public final class Uninstaller {
  private static final long POLL_MILLIS = 250;
  private static final List<String> SECRETS = List.of("groundmesh-ca");
  private static final List<String> ROOTS =
      List.of(RootConfigMapNames.ISTIO, RootConfigMapNames.BESIDE_ISTIO);

  private final KubernetesClient client;
  private final String namespace;
  private final Consumer<String> progress;

  /**
   * An uninstaller; used by one thread.
   *
   * @param progress takes one line for each step
   */
  public Uninstaller(KubernetesClient client, String namespace, Consumer<String> progress) {
    this.client = client;
    this.namespace = namespace;
    this.progress = progress;
  }

  /**
   * Ends the agents.
   *
   * @return whether all had ended in time
   */
  public boolean removeAgents(Duration limit) throws InterruptedException {
    client
        .apps()
        .daemonSets()
        .inNamespace(namespace)
        .withName(ClusterAccess.AGENT)
        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
        .delete();
    progress.accept("- DaemonSet " + namespace + '/' + ClusterAccess.AGENT);
    return awaitEnd(ClusterAccess.AGENT, "nodes to be released: ", limit);
  }

  private boolean awaitEnd(String name, String what, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    int last = -1;
    while (true) {
      int left = pods(name).size();
      if (left != last) {
        progress.accept(what + left);
        last = left;
      }
      if (left == 0) {
        return true;
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private List<Pod> pods(String name) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("app.kubernetes.io/name", name)
        .list()
        .getItems();
  }

  /**
   * Removes the rest. The namespace stays, and so do the resource definitions unless asked for:
   * with them the users' policies would go. What controllers have made goes last, when none is left
   * to make it again; the users' own {@code cacerts} stays.
   *
   * @return whether every controller had ended in time; if not, what they have made is still there
   */
  public boolean removeRest(boolean definitions, Duration limit) throws InterruptedException {
    for (HasMetadata object :
        MeshManifests.objects(
                new InstallSettings(namespace, "", "", 1, "", "", "", "closed", List.of(), false))
            .reversed()) {
      HasMetadata there = client.resource(object).get();
      if (there != null && MeshManifests.isOurs(there) && !(object instanceof Namespace)) {
        remove(object);
      }
    }
    if (!awaitEnd(ClusterAccess.CONTROLLER, "controllers to end: ", limit)) {
      return false;
    }
    for (String secret : SECRETS) {
      client.secrets().inNamespace(namespace).withName(secret).delete();
    }
    for (String name : ROOTS) {
      for (ConfigMap root :
          client.configMaps().inAnyNamespace().withField("metadata.name", name).list().getItems()) {
        if (MeshManifests.isOurs(root)) {
          client.resource(root).delete();
        }
      }
    }
    client.leases().inNamespace(namespace).withName(ClusterAccess.CONTROLLER).delete();
    if (definitions) {
      MeshManifests.definitions().forEach(this::remove);
    }
    return true;
  }

  private void remove(HasMetadata object) {
    if (!client.resource(object).delete().isEmpty()) {
      progress.accept("- " + MeshManifests.name(object));
    }
  }
}
