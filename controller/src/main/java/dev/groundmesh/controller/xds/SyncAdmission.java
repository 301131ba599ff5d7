package dev.groundmesh.controller.xds;

import java.util.ArrayDeque;

/**
 * Lets a bounded number of new streams at a time send their first requests, which list all that the
 * client holds: when a thousand agents come back at once, their lists are not in memory at once.
 * Streams that say nothing may {@link Permit#giveUp give up} their places to those that wait; a
 * bounded number of them may still speak up later. Thread-safe.
 */
final class SyncAdmission {

  private final ArrayDeque<Permit> waiting = new ArrayDeque<>();
  private final int maxLate;
  private int free;
  private int late;

  SyncAdmission(int permits) {
    this.free = permits;
    this.maxLate = 8 * permits;
  }

  /** One stream's place, from the line to the end of its first requests. */
  final class Permit {
    private final Runnable granted;
    private boolean held;
    private boolean released;
    private boolean isLate;

    private Permit(Runnable granted) {
      this.granted = granted;
    }

    /**
     * Gives the place of a stream that has said nothing to the next, if anyone waits.
     *
     * @return false if too many have done so, who may all speak up at once
     */
    boolean giveUp() {
      synchronized (SyncAdmission.this) {
        if (released || isLate || waiting.isEmpty()) {
          return true;
        }
        if (late == maxLate) {
          return false;
        }
        late++;
        isLate = true;
      }
      pass();
      return true;
    }

    /** Gives the place to the next; may be called at any time, more than once. */
    void release() {
      synchronized (SyncAdmission.this) {
        if (released) {
          return;
        }
        released = true;
        if (isLate) {
          late--;
          return;
        }
      }
      pass();
    }

    private void pass() {
      Permit next = null;
      synchronized (SyncAdmission.this) {
        if (!held) {
          waiting.remove(this);
          return;
        }
        next = waiting.poll();
        if (next == null) {
          free++;
        } else {
          next.held = true;
        }
      }
      if (next != null) {
        next.granted.run();
      }
    }
  }

  /**
   * A place in the line.
   *
   * @param granted called once, when it is this stream's turn: at once on the calling thread, or
   *     later on that of a stream that is done; must not block
   */
  Permit enter(Runnable granted) {
    Permit permit = new Permit(granted);
    synchronized (this) {
      if (free == 0) {
        waiting.add(permit);
        return permit;
      }
      free--;
      permit.held = true;
    }
    granted.run();
    return permit;
  }
}
