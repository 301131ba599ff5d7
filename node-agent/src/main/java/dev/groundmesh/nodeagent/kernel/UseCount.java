package dev.groundmesh.nodeagent.kernel;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Who is using a descriptor that may be closed at any time. A number that is closed while it is in
 * use becomes another file's, so whoever is last lets it go. Takes no lock; any thread.
 */
public final class UseCount {
  private static final int CLOSED = Integer.MIN_VALUE;

  /** {@link #CLOSED} is added to it in the end. */
  private final AtomicInteger users = new AtomicInteger();

  /** Begins a use; false once it is closed. */
  public boolean enter() {
    int now = users.get();
    while (now >= 0 && !users.compareAndSet(now, now + 1)) {
      now = users.get();
    }
    return now >= 0;
  }

  /** Ends a use; true if the caller has to let the descriptor go. */
  public boolean leave() {
    return users.decrementAndGet() == CLOSED;
  }

  /** Lets nobody in any more; true if the caller has to let the descriptor go. */
  public boolean close() {
    int now = users.get();
    while (now >= 0 && !users.compareAndSet(now, now + CLOSED)) {
      now = users.get();
    }
    return now == 0;
  }
}
