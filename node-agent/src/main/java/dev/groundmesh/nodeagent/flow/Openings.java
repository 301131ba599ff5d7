package dev.groundmesh.nodeagent.flow;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * The connections that a peer opens through its tunnels: many requests come in one read, and
 * opening a connection takes many times as long as relaying for one. So only some are opened in a
 * row, in the order they came, and then what stands has its turn: nobody waits for all of them, and
 * the first are in use while the last still wait. For one event loop.
 */
public final class Openings {
  static final int PER_TURN = 8;

  private final EventExecutor loop;
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private int left = PER_TURN;

  /** Nothing was opened yet. */
  public Openings(EventExecutor loop) {
    this.loop = loop;
  }

  /** Runs {@code opening} now, or in a later turn of the loop. */
  public void next(Runnable opening) {
    if (left == 0) {
      waiting.add(opening);
      return;
    }
    take();
    opening.run();
  }

  private void take() {
    left--;
    if (left == 0) {
      // A task that the loop is given now would run before it looks at its descriptors again.
      var _ = loop.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
    }
  }

  private void turn() {
    left = PER_TURN;
    while (left > 0 && !waiting.isEmpty()) {
      take();
      waiting.remove().run();
    }
  }
}
