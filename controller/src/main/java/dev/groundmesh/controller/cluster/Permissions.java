package dev.groundmesh.controller.cluster;

import dev.groundmesh.controller.kubernetes.KubernetesSource;
import dev.groundmesh.controller.kubernetes.KubernetesStatuses;
import dev.groundmesh.controller.model.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * All that the controller's account must be allowed to do, and nothing else. The roles that are
 * installed are compared with it.
 */
public final class Permissions {

  private Permissions() {}

  /**
   * In all namespaces.
   *
   * @param controller the name of the webhook configuration
   * @param rootConfigMap the name of the ConfigMap with the roots
   */
  public static List<Permission> everywhere(String controller, String rootConfigMap) {
    List<Permission> needed = new ArrayList<>();
    for (Kind kind : KubernetesSource.kinds()) {
      needed.add(Permission.all(kind.group(), kind.plural(), "list", "watch"));
    }
    for (Kind kind : KubernetesStatuses.kinds()) {
      needed.add(Permission.all(kind.group(), kind.plural(), "get"));
      needed.add(Permission.all(kind.group(), kind.plural() + "/status", "patch"));
    }
    // Warnings beside objects; one that is there already is counted up.
    needed.add(Permission.all("", "events", "create", "get", "patch"));
    needed.add(Permission.all("", "pods/status", "patch"));
    needed.add(Permission.all("authentication.k8s.io", "tokenreviews", "create"));
    needed.add(
        Permission.named("", "configmaps", List.of(rootConfigMap), "list", "watch", "patch"));
    // Creation cannot be limited by name.
    needed.add(Permission.all("", "configmaps", "create"));
    needed.add(
        Permission.named(
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations",
            List.of(controller),
            "list",
            "watch",
            "patch"));
    return List.copyOf(needed);
  }

  /**
   * In the namespace that the controller is installed in.
   *
   * @param controller the name of the lease
   */
  public static List<Permission> inItsNamespace(String controller) {
    return List.of(
        Permission.named(
            "", "secrets", List.of(CaSecret.NAME, PluggedSecret.NAME), "get", "list", "watch"),
        Permission.named("", "secrets", List.of(CaSecret.NAME), "update"),
        Permission.all("", "secrets", "create"),
        Permission.named("apps", "daemonsets", List.of(AgentDaemonSet.NAME), "get"),
        Permission.named("coordination.k8s.io", "leases", List.of(controller), "get", "update"),
        Permission.all("coordination.k8s.io", "leases", "create"));
  }
}
