package dev.groundmesh.nodeagent.cni;

/** What the CNI plugin is told. */
sealed interface Answer {
  /** What is the agent's to do is done; the pod may go on. */
  record Done() implements Answer {}

  /**
   * Not now; the kubelet tries again.
   *
   * @param message for the pod's events
   */
  record Later(String message) implements Answer {}

  /** This agent does not answer, for another one takes its place; the plugin asks that one. */
  record Unanswered() implements Answer {}
}
