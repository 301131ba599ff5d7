package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.meshapi.retry.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes pending objects one after another, until its thread is interrupted. What has changed
 * meanwhile is written again at once, what the API server has against one object later and the
 * others before it; while it takes nothing, all wait. Each kind of trouble is logged once.
 */
final class WriteLoop implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(WriteLoop.class);

  private static final Backoff RETRY = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30));

  private final String what;
  private final PendingKeys pending;
  private final Write write;
  private final Consumer<String> unwritten;
  private int failures;

  /** Writes what is wanted of an object now, if anything. */
  @FunctionalInterface
  interface Write {
    void of(ObjectKey key) throws IOException, InterruptedException;
  }

  /**
   * A loop that has yet to be run.
   *
   * @param what is written of the objects, for the log
   * @param unwritten hears {@code refused} or {@code failed} each time that one was not written
   */
  WriteLoop(String what, PendingKeys pending, Write write, Consumer<String> unwritten) {
    this.what = what;
    this.pending = pending;
    this.write = write;
    this.unwritten = unwritten;
  }

  @Override
  public void run() {
    try {
      while (true) {
        write(pending.next());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(ObjectKey key) throws InterruptedException {
    try {
      write.of(key);
      pending.settled(key);
      failures = 0;
    } catch (ApiException e) {
      if (e.code() == ApiException.CONFLICT) {
        pending.add(key);
      } else if (e.isAboutTheObject()) {
        refused(key, e);
      } else if (e.code() == ApiException.NOT_FOUND) {
        pending.settled(key);
      } else {
        failed(key, e);
      }
    } catch (IOException e) {
      failed(key, e);
    } catch (RuntimeException e) {
      log.error("{}: {} cannot be written", key, what, e);
    }
  }

  private void refused(ObjectKey key, ApiException e) {
    unwritten.accept("refused");
    if (pending.addRefused(key)) {
      log.warn("{}: {} refused: {}", key, what, e.getMessage());
    }
  }

  private void failed(ObjectKey key, IOException e) throws InterruptedException {
    unwritten.accept("failed");
    if (failures == 0) {
      log.warn("{}: {} cannot be written now: {}", key, what, e.getMessage());
    }
    failures++;
    pending.add(key);
    Thread.sleep(RETRY.after(failures));
  }
}
