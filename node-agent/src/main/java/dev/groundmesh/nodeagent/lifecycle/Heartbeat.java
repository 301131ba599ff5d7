package dev.groundmesh.nodeagent.lifecycle;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's sign of life to the kernel. A token goes round all event loops and each round gives
 * one beat: a single loop that hangs stops the beat, and the kernel then takes the agent for dead.
 */
public final class Heartbeat {
  private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);

  private final List<EventExecutor> loops;
  private final Runnable beat;
  private final long intervalNanos;
  private volatile boolean stopped;
  private volatile long lastBeat = System.nanoTime();

  /**
   * @param loops the event loops that carry traffic, at least one
   * @param beat tells the kernel; called on the last loop, must not block
   * @param interval pause between rounds
   */
  public Heartbeat(List<EventExecutor> loops, Runnable beat, Duration interval) {
    this.loops = List.copyOf(loops);
    this.beat = beat;
    this.intervalNanos = interval.toNanos();
  }

  /** Gives the first beat and keeps on until {@link #stop}. */
  public void start() {
    loops.getFirst().execute(() -> pass(0));
  }

  /** Whether there was a beat within this time. Any thread. */
  public boolean beatWithin(Duration time) {
    return System.nanoTime() - lastBeat <= time.toNanos();
  }

  /** Ends the beat without a last one. */
  public void stop() {
    stopped = true;
  }

  private void pass(int loop) {
    if (stopped) {
      return;
    }
    if (loop + 1 < loops.size()) {
      loops.get(loop + 1).execute(() -> pass(loop + 1));
      return;
    }
    try {
      beat.run();
      lastBeat = System.nanoTime();
    } catch (RuntimeException e) {
      // The next one may succeed; without it the agent would be dead for good.
      log.error("the kernel was not told that the agent is alive", e);
    }
    EventExecutor first = loops.getFirst();
    if (!first.isShuttingDown()) {
      var _ = first.schedule(() -> pass(0), intervalNanos, TimeUnit.NANOSECONDS);
    }
  }
}
