package dev.groundmesh.groundctl.analysis;

import java.util.Set;

/** Which kinds have no namespace: of those that are ordinary in manifests beside a mesh's. */
final class KindScope {
  private static final Set<String> CLUSTER =
      Set.of(
          "/Namespace",
          "/Node",
          "/PersistentVolume",
          "apiextensions.k8s.io/CustomResourceDefinition",
          "rbac.authorization.k8s.io/ClusterRole",
          "rbac.authorization.k8s.io/ClusterRoleBinding",
          "gateway.networking.k8s.io/GatewayClass",
          "storage.k8s.io/StorageClass",
          "scheduling.k8s.io/PriorityClass",
          "networking.k8s.io/IngressClass",
          "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
          "admissionregistration.k8s.io/MutatingWebhookConfiguration");

  private KindScope() {}

  static boolean isClusterScoped(String group, String kind) {
    return CLUSTER.contains(group + '/' + kind);
  }
}
