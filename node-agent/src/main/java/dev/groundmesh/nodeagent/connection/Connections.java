package dev.groundmesh.nodeagent.connection;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.snapshot.MeshChange;
import dev.groundmesh.nodeagent.pod.LocalPod;
import io.netty.channel.EventLoop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Every connection of the agent, by the event loop that owns it. Reaching into them happens as
 * tasks on their loops, so nothing is locked.
 */
public final class Connections {
  private final Map<EventLoop, LoopConnections> loops = new LinkedHashMap<>();
  private final Authorizer authorizer;

  /** Sets for the loops given, which are all there will be. */
  public Connections(Iterable<? extends EventLoop> loops, Authorizer authorizer) {
    loops.forEach(loop -> this.loops.put(loop, new LoopConnections()));
    this.authorizer = authorizer;
  }

  /** The set of one loop. */
  public LoopConnections of(EventLoop loop) {
    LoopConnections own = loops.get(loop);
    if (own == null) {
      throw new IllegalArgumentException("loop: " + loop + " (expected: one of the agent's)");
    }
    return own;
  }

  /** How many there are now. Any thread. */
  public int size() {
    return loops.values().stream().mapToInt(LoopConnections::size).sum();
  }

  /**
   * Cuts every connection of one capture of a pod; one that left the mesh and came back has a new
   * one. Any thread.
   */
  public void cutPod(LocalPod pod, ReasonCode reason) {
    onEach(
        connection -> {
          if (connection.belongsTo(pod)) {
            connection.cut(reason);
          }
        });
  }

  /** Cuts all. Any thread. */
  public void cutAll(ReasonCode reason) {
    onEach(connection -> connection.cut(reason));
  }

  /** Cuts what policy no longer allows after a change. Any thread. */
  public void reauthorize(MeshChange change) {
    if (!mayChangeAuthorization(change)) {
      return;
    }
    onEach(
        connection -> {
          ConnectionFacts facts = connection.facts();
          if (facts != null && isRefusedNow(change, facts)) {
            connection.cut(ReasonCode.POLICY_CHANGED);
          }
        });
  }

  private static boolean mayChangeAuthorization(MeshChange change) {
    return change.globalPolicies()
        || !change.policyNamespaces().isEmpty()
        || !change.policies().isEmpty()
        || !change.workloads().isEmpty();
  }

  private boolean isRefusedNow(MeshChange change, ConnectionFacts facts) {
    Workload now = change.after().workload(facts.destination().uid());
    if (now == null || !change.affectsAuthorization(now)) {
      return false;
    }
    AuthorizationDecision decision =
        authorizer.authorize(
            change.after(),
            new ConnectionFacts(
                now,
                facts.peer(),
                facts.sourceAddress(),
                facts.destinationAddress(),
                facts.destinationPort()));
    // A policy that is listed and not here yet refuses what is new. What is open is decided when
    // the
    // policy comes: workloads and policies arrive in messages of their own, in either order.
    return decision instanceof AuthorizationDecision.Denied denied
        && denied.reason() != ReasonCode.POLICY_UNKNOWN;
  }

  /** Visits every connection on its loop. Any thread. */
  public void onEach(Consumer<LiveConnection> visitor) {
    loops.forEach((loop, own) -> loop.execute(() -> own.forEach(visitor)));
  }
}
