package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.tunnel.relay.LoopTurn;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The connections that come in to pods: a peer's requests come many in one read of a tunnel, and
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
    left--;
    if (left == 0) {
      LoopTurn.next(loop, this::turn);
    }
    opening.run();
  }

  private void turn() {
    left = PER_TURN;
    try {
      while (left > 0 && !waiting.isEmpty()) {
        next(waiting.remove());
      }
    } finally {
      if (left > 0 && !waiting.isEmpty()) {
        // One of them threw, and the others still want to be opened.
        left = 0;
        LoopTurn.next(loop, this::turn);
      }
    }
  }
}
