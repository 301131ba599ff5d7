package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.nodeagent.connection.LoopConnections;
import io.netty.channel.IoEventLoop;
import java.util.SplittableRandom;

/** What one event loop has for itself; used on that loop alone. */
public final class LoopState {
  private final IoEventLoop loop;
  private final LoopConnections connections;
  private final WorkloadWaiters waiters;
  private final Openings openings;
  private final Descriptions descriptions = new Descriptions();
  private final SplittableRandom random;

  /**
   * @param random of this loop alone
   */
  public LoopState(
      IoEventLoop loop,
      LoopConnections connections,
      WorkloadWaiters waiters,
      SplittableRandom random) {
    this.loop = loop;
    this.connections = connections;
    this.waiters = waiters;
    this.random = random;
    this.openings = new Openings(loop);
  }

  /** The loop. */
  public IoEventLoop loop() {
    return loop;
  }

  /** Its connections. */
  public LoopConnections connections() {
    return connections;
  }

  /** Connections that wait for their pod's Workload. */
  public WorkloadWaiters waiters() {
    return waiters;
  }

  /** Connections that come in to pods and are not opened yet. */
  public Openings openings() {
    return openings;
  }

  /** How workloads are described to telemetry and to peers. */
  public Descriptions descriptions() {
    return descriptions;
  }

  /** Randomness. */
  public SplittableRandom random() {
    return random;
  }
}
