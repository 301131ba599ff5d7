package dev.groundmesh.nodeagent.state;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the last good state on disk. Writing happens on a thread of its own and begins at once, so
 * that a large change is not held in memory; what comes while it writes is its next batch. A disk
 * that is full or gone costs a log line and a counter, never the traffic: what could not be written
 * is tried again with the next batch.
 */
public final class LastGoodState implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LastGoodState.class);
  private static final Duration RETRY = Duration.ofSeconds(10);

  /** Writing the file anew takes memory, so one of some ten thousand workloads is not. */
  private static final long SLACK_BYTES = 8 << 20;

  private final ResourceJournal journal;
  private final ScheduledExecutorService writer;
  private final AtomicLong failures = new AtomicLong();

  /** Of the writer thread. */
  private boolean failing;

  private final List<ResourceChange> batch = new ArrayList<>();
  private boolean scheduled;

  private LastGoodState(ResourceJournal journal) {
    this.journal = journal;
    this.writer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("state-writer").daemon().factory());
  }

  /**
   * Opens the state of a directory, which is made where it is missing. Does not fail where the
   * directory cannot be made: the agent then runs without the memory of its last state.
   */
  public static LastGoodState open(Path directory) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      log.warn(
          "{}: cannot be made ({}), the last good state will not be kept reason={}",
          directory,
          e.getMessage(),
          ReasonCode.STATE_UNWRITABLE);
    }
    return new LastGoodState(
        new ResourceJournal(directory.resolve("resources.journal"), SLACK_BYTES));
  }

  /** Passes on what was stored; to be called once, before the first {@link #record}. */
  public void load(Consumer<StoredResource> resources) {
    try {
      journal.load(resources);
    } catch (IOException e) {
      log.warn(
          "the last good state cannot be read ({}); waiting for the controller reason={}",
          e.getMessage(),
          ReasonCode.STATE_UNREADABLE);
    }
  }

  /** Takes changes to be written. Any thread; returns at once. */
  public synchronized void record(List<? extends ResourceChange> changes) {
    batch.addAll(changes);
    schedule(Duration.ZERO);
  }

  /** How often writing has failed since the start. */
  public long failures() {
    return failures.get();
  }

  private synchronized void schedule(Duration delay) {
    if (!scheduled && !writer.isShutdown()) {
      scheduled = true;
      var _ = writer.schedule(this::write, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private synchronized List<ResourceChange> takeBatch() {
    List<ResourceChange> taken = List.copyOf(batch);
    batch.clear();
    scheduled = false;
    return taken;
  }

  private void write() {
    List<ResourceChange> taken = takeBatch();
    try {
      journal.append(taken);
      if (failing) {
        failing = false;
        log.info("the last good state is written again");
      }
    } catch (IOException e) {
      failures.incrementAndGet();
      if (!failing) {
        failing = true;
        log.warn(
            "the last good state cannot be written ({}); traffic is not affected, trying again every"
                + " {} s reason={}",
            e.getMessage(),
            RETRY.toSeconds(),
            ReasonCode.STATE_UNWRITABLE);
      }
      schedule(RETRY);
    }
  }

  /** Writes what is waiting and stops. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      if (writer.awaitTermination(2, TimeUnit.SECONDS)) {
        write();
        journal.close();
      }
    } catch (IOException e) {
      log.warn("the last good state cannot be closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
