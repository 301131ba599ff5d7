package dev.groundmesh.nodeagent.lifecycle;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work that is done again and again on a thread of its own, one failure of which ends nothing. */
public final class Repetition implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Repetition.class);

  private final ScheduledExecutorService thread;

  /**
   * Begins at once.
   *
   * @param name of the thread
   * @param pause between the end of one time and the next
   */
  public Repetition(String name, Runnable work, Duration pause) {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name).daemon().factory());
    var _ =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                work.run();
              } catch (RuntimeException e) {
                log.error("{} failed, it is tried again", name, e);
              }
            },
            0,
            pause.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
