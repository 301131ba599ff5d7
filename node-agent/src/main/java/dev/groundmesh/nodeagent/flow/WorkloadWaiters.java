package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections that came before the controller told of their pod. They wait in the order they came,
 * so one timer serves all. For one event loop.
 */
public final class WorkloadWaiters {
  private static final long LOOK_MILLIS = 20;

  /** What waits. */
  public interface Waiter {
    /** The workload and the snapshot that it is from; or both null when the time is over. */
    void onWorkload(@Nullable MeshSnapshot mesh, @Nullable Workload workload);
  }

  private record Entry(String uid, Waiter waiter, long deadlineNanos) {}

  private final EventExecutor loop;
  private final Supplier<MeshSnapshot> mesh;
  private final long timeoutNanos;
  private final LongSupplier nanoTime;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private boolean scheduled;

  /**
   * @param timeout the same for all
   */
  public WorkloadWaiters(
      EventExecutor loop, Supplier<MeshSnapshot> mesh, Duration timeout, LongSupplier nanoTime) {
    this.loop = loop;
    this.mesh = mesh;
    this.timeoutNanos = timeout.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Tells the waiter: at once where the workload is known. */
  public void await(String uid, Waiter waiter) {
    MeshSnapshot now = mesh.get();
    Workload workload = now.workload(uid);
    if (workload != null) {
      waiter.onWorkload(now, workload);
      return;
    }
    waiting.add(new Entry(uid, waiter, nanoTime.getAsLong() + timeoutNanos));
    lookLater();
  }

  private void lookLater() {
    if (scheduled || waiting.isEmpty()) {
      return;
    }
    scheduled = true;
    var _ = loop.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    scheduled = false;
    MeshSnapshot now = mesh.get();
    long time = nanoTime.getAsLong();
    try {
      for (int left = waiting.size(); left > 0; left--) {
        Entry entry = waiting.remove();
        Workload workload = now.workload(entry.uid);
        if (workload != null) {
          entry.waiter.onWorkload(now, workload);
        } else if (time - entry.deadlineNanos >= 0) {
          entry.waiter.onWorkload(null, null);
        } else {
          waiting.add(entry);
        }
      }
    } finally {
      // One of them may have thrown, and the others still wait.
      lookLater();
    }
  }
}
