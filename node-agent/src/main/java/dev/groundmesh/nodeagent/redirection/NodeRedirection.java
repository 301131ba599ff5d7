package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.Counter;
import dev.groundmesh.nodeagent.kernel.NetnsHandle;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The redirection of one node: the programs at the cgroup root, the maps, and the pods that are
 * enrolled in them.
 *
 * <p>All of it is pinned, so it outlives the process: while no agent is alive the programs do as
 * the {@code failMode} says, and the next agent takes everything over without a connection being
 * refused. Agents of several nodes on one machine run side by side, each with a pin directory of
 * its own and from within its node's network namespace.
 *
 * <p>One thread owns it and calls its methods, never an event loop: enrolling loads a program
 * (about 1 ms). {@link #counters()} and {@link #heartbeat()} may be called from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class NodeRedirection implements AutoCloseable {
  private NodeRedirection() {}

  /**
   * Loads and attaches the programs, or takes over what a predecessor left pinned. The agent counts
   * as alive from now on.
   *
   * @throws IOException if the kernel refuses, with the verifier's words where it was the verifier;
   *     or if what is pinned is a later version's
   */
  public static NodeRedirection open(RedirectionConfig config) throws IOException {
    throw new UnsupportedOperationException("open " + config);
  }

  /** Whether a predecessor's redirection was taken over. */
  public boolean tookOver() {
    throw new UnsupportedOperationException();
  }

  /**
   * The cookies of the pods that a predecessor enrolled and this agent has not enrolled again or
   * released. They stay captured, for the predecessor's listeners while it lives, and then as the
   * fail mode says.
   */
  public Set<Long> inherited() {
    throw new UnsupportedOperationException();
  }

  /** Captures no further connection of an {@linkplain #inherited() inherited} pod. */
  public void releaseInherited(long netnsCookie) {
    throw new UnsupportedOperationException("release " + netnsCookie);
  }

  /**
   * Enrols a pod: from the return on, its new connections come to the listeners; open ones are left
   * alone. A pod that is enrolled already gets these settings and listeners instead of its former
   * ones, with no moment in between that refuses or loses a connection.
   *
   * @param netns the pod's namespace; stays the caller's, open at least until the pod is released
   * @param listeners of each kind one for each family that the pod has addresses of; of the DNS
   *     kinds only where DNS is captured
   * @throws IOException if it cannot be enrolled; then nothing of it remains, or the former
   *     settings
   */
  public PodRedirection enrol(
      NetnsHandle netns, PodCapture capture, Collection<PodListener> listeners) throws IOException {
    throw new UnsupportedOperationException("enrol " + netns + capture + listeners);
  }

  /**
   * Says that the agent is alive and able to serve. Called about once a second, and only when every
   * event loop has turned since the last time. Does nothing after a successor has taken over.
   */
  public void heartbeat() {
    throw new UnsupportedOperationException();
  }

  /**
   * Hands over what the programs have refused since the last call; never blocks. To be called about
   * once a second; what does not fit meanwhile is counted as {@link Counter#EVENTS_LOST}.
   *
   * @return how many there were
   */
  public int drainEvents(Consumer<? super RedirectionEvent> consumer) {
    throw new UnsupportedOperationException("drain " + consumer);
  }

  /** The sums over all processors, since the programs were first loaded on this node. */
  public Map<Counter, Long> counters() {
    throw new UnsupportedOperationException();
  }

  /**
   * Whether a successor has taken over: then this agent drains, and can enrol and release no more.
   */
  public boolean handedOver() {
    throw new UnsupportedOperationException();
  }

  /** Lets go of everything and leaves it in force for the next agent. */
  public void leaveInForce() {
    throw new UnsupportedOperationException();
  }

  /**
   * Releases every pod and removes all that was installed on the node and in the pods' namespaces,
   * unless a successor has taken over: then as {@link #leaveInForce()}.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
