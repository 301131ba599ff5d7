package dev.groundmesh.groundctl.install;

import dev.groundmesh.groundctl.mesh.ClusterAccess;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Puts the objects of the mesh into a cluster, again and again to the same effect. */
public final class Installer {
  private static final String FIELD_MANAGER = "groundctl";
  private static final String HELM_RELEASE = "meta.helm.sh/release-name";

  private final KubernetesClient client;
  private final Consumer<String> progress;

  /**
   * An installer; used by one thread.
   *
   * @param progress takes one line for each step
   */
  public Installer(KubernetesClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  /**
   * With which settings the mesh is installed in a namespace.
   *
   * @return empty if it is not installed there
   * @throws InstallException if Helm installed it: the two would undo each other's work
   */
  public Optional<InstallSettings> installed(String namespace) {
    DaemonSet agent =
        client.apps().daemonSets().inNamespace(namespace).withName(ClusterAccess.AGENT).get();
    if (agent == null) {
      return Optional.empty();
    }
    Map<String, String> annotations =
        Objects.requireNonNullElse(agent.getMetadata().getAnnotations(), Map.of());
    String release = annotations.get(HELM_RELEASE);
    if (release != null) {
      throw new InstallException(
          MeshManifests.name(agent)
              + ": installed by Helm release "
              + release
              + " (expected: not by Helm; use helm upgrade, or helm uninstall first)");
    }
    return Optional.of(
        InstallSettings.fromJson(
            namespace, annotations.getOrDefault(MeshManifests.SETTINGS, "{}")));
  }

  /**
   * What in the cluster does the same work and would be in the way.
   *
   * @param namespace where the mesh is to be
   */
  public List<Conflict> conflicts(String namespace) {
    List<Conflict> conflicts = new ArrayList<>();
    for (DaemonSet one : client.apps().daemonSets().inAnyNamespace().list().getItems()) {
      Conflict.of(one, namespace).ifPresent(conflicts::add);
    }
    Service alias = client.services().inNamespace(namespace).withName(MeshManifests.ALIAS).get();
    if (alias != null) {
      Conflict.of(alias).ifPresent(conflicts::add);
    }
    return conflicts;
  }

  /** Applies everything; objects that are there are changed to what they should be. */
  public void apply(InstallSettings settings) {
    for (HasMetadata definition : MeshManifests.definitions()) {
      if (client.resource(definition).get() == null) {
        progress.accept("+ " + MeshManifests.name(definition));
        client.resource(definition).fieldManager(FIELD_MANAGER).serverSideApply();
      }
    }
    for (HasMetadata object : MeshManifests.objects(settings)) {
      HasMetadata before = client.resource(object).get();
      HasMetadata after =
          client.resource(object).fieldManager(FIELD_MANAGER).forceConflicts().serverSideApply();
      if (before == null) {
        progress.accept("+ " + MeshManifests.name(object));
      } else if (!Objects.equals(
          before.getMetadata().getResourceVersion(), after.getMetadata().getResourceVersion())) {
        progress.accept("~ " + MeshManifests.name(object));
      }
    }
  }
}
