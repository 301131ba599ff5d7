package dev.groundmesh.e2e.cluster;

import java.time.Duration;
import java.util.function.Supplier;

/** Waiting for a condition, with a bound; what was seen last tells why it did not come. */
public final class Await {
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** What a look at the world gave. */
  public record Seen(boolean enough, String what) {}

  private Await() {}

  /**
   * Looks until it is enough.
   *
   * @param what is waited for, for the message
   * @throws AssertionError if it did not come within the limit
   */
  public static void until(String what, Duration limit, Supplier<Seen> look) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Seen seen = look.get();
      if (seen.enough()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(what + ": not within " + limit + "; last seen: " + seen.what());
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(what, e);
      }
    }
  }
}
