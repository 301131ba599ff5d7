package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.kernel.NetnsHandle;

/**
 * The redirection of one enrolled pod. Its methods are called by the thread that owns the {@link
 * NodeRedirection}, never an event loop.
 */
public final class PodRedirection {
  private final NodeRedirection node;
  private final NetnsHandle netns;
  private final PodCapture capture;
  private final int changedSettings;

  PodRedirection(NodeRedirection node, NetnsHandle netns, PodCapture capture, int changedSettings) {
    this.node = node;
    this.netns = netns;
    this.capture = capture;
    this.changedSettings = changedSettings;
  }

  /** The cookie of the pod's namespace. */
  public long netnsCookie() {
    return netns.cookie();
  }

  /** What is captured, with the addresses that were found. */
  public PodCapture capture() {
    return capture;
  }

  /**
   * Whether the pod's namespace was deleted under the agent's feet: then release it, and close the
   * listeners, the connections and the handle in that namespace, for they keep it alive.
   */
  public boolean netnsGone() {
    return netns.gone();
  }

  /**
   * Captures no further connection, but for those to the tunnels' port: peers dial it until they
   * have heard that the pod left. Open ones, captured or not, go on: they still need the pod's rule
   * and route, which therefore stay until {@link #remove()}. Idempotent; does nothing after a
   * successor has taken over.
   */
  public void release() {
    node.release(this);
  }

  /**
   * Removes all that is left, the rule, the route and the setting in the pod's namespace included,
   * once its last captured connection has ended. Does nothing after a successor has taken over, or
   * if the pod is enrolled.
   */
  public void remove() {
    node.remove(this);
  }

  NetnsHandle netns() {
    return netns;
  }

  int changedSettings() {
    return changedSettings;
  }
}
