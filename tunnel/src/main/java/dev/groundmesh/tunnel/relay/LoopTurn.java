package dev.groundmesh.tunnel.relay;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns of an event loop: it looks at its descriptors, then runs its tasks. */
public final class LoopTurn {
  private static final Logger log = LoggerFactory.getLogger(LoopTurn.class);

  private LoopTurn() {}

  /**
   * Runs a task in the loop's next turn, after what its descriptors have to say. A task that the
   * loop is merely given, by a task of its own, still runs in the present one. What it throws is
   * logged. For the loop's thread.
   */
  public static void next(EventExecutor loop, Runnable task) {
    var _ = loop.schedule(() -> run(task), 0, TimeUnit.NANOSECONDS);
  }

  /** The loop would keep what was thrown in a future that nobody asks. */
  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("a task of an event loop: ended by a fault of our own", e);
    }
  }
}
