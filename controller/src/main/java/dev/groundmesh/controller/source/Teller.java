package dev.groundmesh.controller.source;

import dev.groundmesh.meshapi.retry.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener of changes, and gives it another chance after an exception. A cause is logged
 * once, however often it comes back. Confined to the source's thread.
 */
public final class Teller {

  private static final Logger log = LoggerFactory.getLogger(Teller.class);

  private static final Backoff AGAIN = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  private final ObjectListener listener;
  private final LongSupplier nanoTime;
  private String logged = "";
  private int failures;
  private long againNanos;

  /**
   * Nothing told yet.
   *
   * @param nanoTime a clock that only moves forward, such as {@link System#nanoTime}
   */
  public Teller(ObjectListener listener, LongSupplier nanoTime) {
    this.listener = listener;
    this.nanoTime = nanoTime;
  }

  /** Tells of changes, or of none to give the listener another chance. */
  public void tell(List<ObjectChange> changes) {
    try {
      listener.changed(changes);
      if (failures > 0) {
        log.info("what was left undone of earlier changes is done");
      }
      failures = 0;
      logged = "";
    } catch (RuntimeException e) {
      failures++;
      againNanos = nanoTime.getAsLong() + AGAIN.after(failures).toNanos();
      String cause = e.toString();
      if (!cause.equals(logged)) {
        logged = cause;
        log.error(
            "changes could not all be applied, what was in force stays so meanwhile: {}", cause, e);
      }
    }
  }

  /**
   * How long until {@link #tell} is to be called even without a change, in nanoseconds; 0 or less:
   * now; {@link Long#MAX_VALUE}: never.
   */
  public long patienceNanos() {
    return failures == 0 ? Long.MAX_VALUE : againNanos - nanoTime.getAsLong();
  }
}
