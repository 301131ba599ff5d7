package dev.groundmesh.tunnel.relay;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;

/** Turns of an event loop: it looks at its descriptors, then runs its tasks. */
public final class LoopTurn {
  private LoopTurn() {}

  /**
   * Runs a task in the loop's next turn, after what its descriptors have to say. A task that the
   * loop is merely given, by a task of its own, still runs in the present one. For the loop's
   * thread.
   */
  public static void next(EventExecutor loop, Runnable task) {
    var _ = loop.schedule(task, 0, TimeUnit.NANOSECONDS);
  }
}
