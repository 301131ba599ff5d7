package dev.groundmesh.nodeagent.lifecycle;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has something done once when much has changed and nothing changes any more: what one large change
 * or many small ones needed can then be given back. For the owner's thread.
 */
public final class LargeChange {
  private final int large;
  private final Duration quiet;
  private final ScheduledExecutorService owner;
  private final Runnable over;
  private long changed;
  private @Nullable Future<?> pending;

  /**
   * Nothing has changed yet.
   *
   * @param large so many changes, in any number of pieces, are a large one
   * @param quiet without a change for so long it is over
   * @param owner single-threaded
   * @param over what is done then, on the owner's thread
   */
  public LargeChange(int large, Duration quiet, ScheduledExecutorService owner, Runnable over) {
    this.large = large;
    this.quiet = quiet;
    this.owner = owner;
    this.over = over;
  }

  /** Takes note of changes. */
  public void add(int changes) {
    changed += changes;
    if (changes == 0 || changed < large) {
      return;
    }
    if (pending != null) {
      pending.cancel(false);
    }
    pending = owner.schedule(this::end, quiet.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void end() {
    changed = 0;
    pending = null;
    over.run();
  }
}
