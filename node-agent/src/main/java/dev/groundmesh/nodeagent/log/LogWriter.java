package dev.groundmesh.nodeagent.log;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes lines from a thread of its own. Whoever logs hands a line over without a lock and without
 * waiting; when the reader of the log is slower than the agent for long, lines are dropped and
 * counted instead of held.
 */
public final class LogWriter implements AutoCloseable {
  private static final int MAX_PENDING_LINES = 32 * 1024;
  private static final int BATCH_BYTES = 64 * 1024;
  private static final long BATCH_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final OutputStream out;
  private final Queue<byte[]> pending = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pendingCount = new AtomicInteger();
  private final AtomicBoolean idle = new AtomicBoolean();
  private final LongAdder dropped = new LongAdder();
  private final Thread thread;
  private volatile boolean closed;

  /** Starts the writing thread, a daemon. */
  public LogWriter(OutputStream out) {
    this.out = out;
    this.thread = Thread.ofPlatform().name("log-writer").daemon().unstarted(this::run);
    thread.start();
  }

  void write(byte[] line) {
    if (pendingCount.incrementAndGet() > MAX_PENDING_LINES) {
      pendingCount.decrementAndGet();
      dropped.increment();
      return;
    }
    pending.add(line);
    if (idle.get() && idle.compareAndSet(true, false)) {
      LockSupport.unpark(thread);
    }
  }

  /** Lines that were not written since the start because the log's reader was too slow. */
  public long droppedLines() {
    return dropped.sum();
  }

  private void run() {
    byte[] batch = new byte[BATCH_BYTES];
    long reported = 0;
    while (true) {
      boolean last = closed;
      int length = 0;
      for (byte[] line = pending.poll(); line != null; line = pending.poll()) {
        pendingCount.decrementAndGet();
        if (length + line.length > batch.length) {
          emit(batch, length);
          length = 0;
        }
        if (line.length > batch.length) {
          emit(line, line.length);
        } else {
          System.arraycopy(line, 0, batch, length, line.length);
          length += line.length;
        }
      }
      emit(batch, length);
      long droppedNow = dropped.sum();
      if (droppedNow != reported) {
        byte[] notice =
            ("log: " + (droppedNow - reported) + " lines dropped, the log's reader is too slow\n")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        emit(notice, notice.length);
        reported = droppedNow;
      }
      if (last) {
        return;
      }
      await();
    }
  }

  /**
   * Sleeps until there is something to write, then a little longer, so that a burst becomes one
   * write.
   */
  private void await() {
    idle.set(true);
    while (pending.isEmpty() && idle.get() && !closed) {
      LockSupport.park(this);
    }
    idle.set(false);
    if (!closed) {
      LockSupport.parkNanos(this, BATCH_DELAY_NANOS);
    }
  }

  private void emit(byte[] bytes, int length) {
    if (length == 0) {
      return;
    }
    try {
      out.write(bytes, 0, length);
      out.flush();
    } catch (IOException e) {
      // The log itself is what failed: counting is all that is left to do.
      dropped.increment();
    }
  }

  /** Writes what is pending and ends the thread; waits two seconds at most. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
