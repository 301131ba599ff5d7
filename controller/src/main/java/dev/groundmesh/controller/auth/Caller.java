package dev.groundmesh.controller.auth;

import org.jspecify.annotations.Nullable;

/**
 * An authenticated service account.
 *
 * @param namespace of the service account
 * @param serviceAccount its name
 * @param node the node that the credential is bound to; null if to none
 * @param pod the pod that the credential is bound to; null if to none
 */
public record Caller(
    String namespace, String serviceAccount, @Nullable String node, @Nullable PodBinding pod) {

  /**
   * The one pod that may use the credential.
   *
   * @param name the pod's name, in the namespace of its service account
   * @param uid the pod's Kubernetes UID; empty where pods have none
   */
  public record PodBinding(String name, String uid) {}

  /** {@code namespace/serviceAccount}. */
  public String account() {
    return namespace + '/' + serviceAccount;
  }
}
