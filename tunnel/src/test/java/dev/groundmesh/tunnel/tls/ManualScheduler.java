package dev.groundmesh.tunnel.tls;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * An executor and a clock that stand still until the test moves them. Runs tasks on the test's own
 * thread.
 */
final class ManualScheduler extends AbstractExecutorService
    implements ScheduledExecutorService, InstantSource {
  private final Queue<Runnable> ready = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparing((Timer t) -> t.at).thenComparingLong(t -> t.order));
  private Instant now;
  private long order;

  ManualScheduler(Instant now) {
    this.now = now;
  }

  @Override
  public Instant instant() {
    return now;
  }

  void run() {
    for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
      task.run();
    }
  }

  void advance(Duration by) {
    run();
    Instant until = now.plus(by);
    while (!timers.isEmpty() && !timers.peek().at.isAfter(until)) {
      Timer timer = timers.poll();
      now = timer.at.isAfter(now) ? timer.at : now;
      timer.run();
      run();
    }
    now = until;
  }

  int pendingTimers() {
    timers.removeIf(Timer::isDone);
    return timers.size();
  }

  @Override
  public void execute(Runnable task) {
    ready.add(task);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    Timer timer = new Timer(task, now.plusNanos(unit.toNanos(delay)), order++);
    timers.add(timer);
    return timer;
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void shutdown() {}

  @Override
  public List<Runnable> shutdownNow() {
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  private static final class Timer extends FutureTask<Void> implements ScheduledFuture<Void> {
    private final Instant at;
    private final long order;

    Timer(Runnable task, Instant at, long order) {
      super(task, null);
      this.at = at;
      this.order = order;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int compareTo(Delayed other) {
      throw new UnsupportedOperationException();
    }
  }
}
