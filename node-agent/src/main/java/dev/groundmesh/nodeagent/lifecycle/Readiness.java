package dev.groundmesh.nodeagent.lifecycle;

import java.util.EnumSet;
import java.util.Set;

/** Whether the agent may be told ready, and what is missing. Any thread. */
public final class Readiness {
  /** What must have happened before the agent is ready. */
  public enum Condition {
    /** The controller's first state, or the last good one from disk, is in force. */
    MESH_STATE,
    /**
     * Every pod of the node that was named by that state is captured, or its retry is under way.
     */
    ENROLMENT
  }

  private final EnumSet<Condition> missing = EnumSet.allOf(Condition.class);
  private boolean draining;

  /** Records that a condition is met; it stays met. */
  public synchronized void met(Condition condition) {
    missing.remove(condition);
  }

  /** Records that the agent ends; it is not ready any more. */
  public synchronized void draining() {
    draining = true;
  }

  /** Whether traffic may be entrusted to this agent. */
  public synchronized boolean ready() {
    return missing.isEmpty() && !draining;
  }

  /** What is not met yet. */
  public synchronized Set<Condition> missing() {
    return EnumSet.copyOf(missing);
  }

  /** Whether the agent is ending. */
  public synchronized boolean isDraining() {
    return draining;
  }
}
