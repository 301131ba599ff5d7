package dev.groundmesh.controller.redirection;

/**
 * What has become of the redirection of one pod, as the agent of its node tells it.
 *
 * @param uid the pod's Kubernetes UID; empty where pods have none
 * @param reason a stable reason code of the agent; empty if nothing is wrong
 * @param message for people; empty if nothing is wrong
 */
public record PodRedirection(
    String namespace,
    String name,
    String uid,
    String node,
    State state,
    String reason,
    String message) {

  /** How far the redirection is. */
  public enum State {
    /** Every connection of the pod is redirected. */
    ENABLED,
    /** To be redirected, not yet done. */
    PENDING,
    /** To be redirected, and attempts have failed; being tried again. */
    FAILED,
    /** Not in the mesh, nothing redirected. */
    DISABLED
  }
}
