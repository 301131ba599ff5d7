package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.kernel.NetnsHandle;

/**
 * The redirection of one enrolled pod. Its methods are called by the thread that owns the {@link
 * NodeRedirection}, never an event loop.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class PodRedirection {
  private final NodeRedirection node;
  private final NetnsHandle netns;

  PodRedirection(NodeRedirection node, NetnsHandle netns) {
    this.node = node;
    this.netns = netns;
  }

  /** The cookie of the pod's namespace. */
  public long netnsCookie() {
    return netns.cookie();
  }

  /**
   * Whether the pod's namespace was deleted under the agent's feet: then release it, and close the
   * listeners, the connections and the handle in that namespace, for they keep it alive.
   */
  public boolean netnsGone() {
    return netns.gone();
  }

  /**
   * Captures no further connection. Open ones, captured or not, go on: they still need the pod's
   * rule and route, which therefore stay until {@link #removeRoutes()}. Idempotent.
   */
  public void release() {
    throw new UnsupportedOperationException("release " + node.tookOver());
  }

  /**
   * Removes the rule, the route and the sysctl from the pod's namespace, once its last captured
   * connection has ended.
   */
  public void removeRoutes() {
    throw new UnsupportedOperationException("removeRoutes " + node.tookOver());
  }
}
