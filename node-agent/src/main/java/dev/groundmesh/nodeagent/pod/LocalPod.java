package dev.groundmesh.nodeagent.pod;

import dev.groundmesh.meshapi.model.PodEnrolment;
import java.util.concurrent.atomic.AtomicInteger;

/** One captured pod. Any thread. */
public final class LocalPod {
  private final PodEnrolment enrolment;
  private final PodSockets sockets;
  private final int maxConnections;
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * @param maxConnections beyond which new connections of the pod are shed, both directions
   */
  public LocalPod(PodEnrolment enrolment, PodSockets sockets, int maxConnections) {
    this.enrolment = enrolment;
    this.sockets = sockets;
    this.maxConnections = maxConnections;
  }

  /** The uid of the pod's Workload. */
  public String uid() {
    return enrolment.workloadUid();
  }

  /** What it was captured by. */
  public PodEnrolment enrolment() {
    return enrolment;
  }

  /** Makes sockets inside the pod. */
  public PodSockets sockets() {
    return sockets;
  }

  /** Counts a connection in, unless the pod's limit is reached. */
  public boolean tryOpen() {
    if (connections.incrementAndGet() > maxConnections) {
      connections.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Counts a connection out. */
  public void closed() {
    connections.decrementAndGet();
  }

  /** Connections now, both directions. */
  public int connections() {
    return connections.get();
  }
}
