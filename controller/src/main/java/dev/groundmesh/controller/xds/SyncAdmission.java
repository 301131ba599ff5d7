package dev.groundmesh.controller.xds;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets a bounded number of new streams at a time send their first requests, which list all that the
 * client holds: when a thousand agents come back at once, their lists are not in memory at once.
 * Streams that say nothing may {@link Permit#giveUp give up} their places to those that wait; a
 * bounded number of them may still speak up later, and when there are more, those that have been
 * silent for longest are ended. Thread-safe.
 */
final class SyncAdmission {

  private final ArrayDeque<Permit> waiting = new ArrayDeque<>();

  /** Those that gave up their places, in that order. */
  private final Set<Permit> late = new LinkedHashSet<>();

  private final int maxLate;
  private int free;

  /** A stream that wants to send its first requests. */
  interface Candidate {
    /** It is its turn; called once. Must not block. */
    void granted();

    /** Whether nothing has come from it since its turn, which is long ago. Any thread. */
    boolean isSilent();

    /** It is silent, and others wait: it is to end. Must not block. */
    void crowdedOut();
  }

  SyncAdmission(int permits) {
    this.free = permits;
    this.maxLate = 8 * permits;
  }

  /** One stream's place, from the line to the end of its first requests. */
  final class Permit {
    private final Candidate candidate;
    private boolean held;
    private boolean released;
    private boolean isLate;

    private Permit(Candidate candidate) {
      this.candidate = candidate;
    }

    /**
     * Gives the place of a stream that has said nothing to the next, if anyone waits.
     *
     * @return false if too many have done so and have begun to speak since
     */
    boolean giveUp() {
      Permit crowdedOut = null;
      synchronized (SyncAdmission.this) {
        if (released || isLate || waiting.isEmpty()) {
          return true;
        }
        if (late.size() == maxLate) {
          crowdedOut = removeSilent();
          if (crowdedOut == null) {
            return false;
          }
        }
        late.add(this);
        isLate = true;
      }
      if (crowdedOut != null) {
        crowdedOut.candidate.crowdedOut();
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
          late.remove(this);
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
        next.candidate.granted();
      }
    }
  }

  private @Nullable Permit removeSilent() {
    for (Iterator<Permit> each = late.iterator(); each.hasNext(); ) {
      Permit permit = each.next();
      if (permit.candidate.isSilent()) {
        each.remove();
        permit.released = true;
        return permit;
      }
    }
    return null;
  }

  /**
   * A place in the line.
   *
   * @param candidate told of its turn at once on the calling thread, or later on that of another
   *     stream
   */
  Permit enter(Candidate candidate) {
    Permit permit = new Permit(candidate);
    synchronized (this) {
      if (free == 0) {
        waiting.add(permit);
        return permit;
      }
      free--;
      permit.held = true;
    }
    candidate.granted();
    return permit;
  }
}
