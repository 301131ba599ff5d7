package dev.groundmesh.benchmarks.cluster;

import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Follows what the mesh says of the redirection of a namespace's pods. */
final class Redirections implements Watcher<Pod>, AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Map<String, String> byPod = new HashMap<>();
  private final Watch watch;

  @SuppressWarnings("this-escape")
  Redirections(Place place) {
    var pods = place.cluster().client().pods().inNamespace(place.name());
    PodList list = pods.list();
    list.getItems().forEach(pod -> eventReceived(Action.ADDED, pod));
    this.watch =
        pods.watch(
            new ListOptionsBuilder()
                .withResourceVersion(list.getMetadata().getResourceVersion())
                .build(),
            this);
  }

  @Override
  public void eventReceived(Action action, Pod pod) {
    lock.lock();
    try {
      if (action == Action.DELETED) {
        byPod.remove(pod.getMetadata().getName());
      } else {
        byPod.put(pod.getMetadata().getName(), Mesh.redirection(pod));
      }
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until so many pods, and no others, are in this state.
   *
   * @param state of the annotation; empty: without it
   * @throws AssertionError if they are not within the limit
   */
  void await(int pods, String state, Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (byPod.size() != pods || !byPod.values().stream().allMatch(state::equals)) {
        if (left <= 0) {
          throw new AssertionError(
              "redirection: " + byPod + " (expected: " + pods + " pods with \"" + state + "\")");
        }
        left = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  static double millisSince(long begun) {
    return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begun) / 1e3;
  }

  @Override
  public void onClose(WatcherException cause) {
    throw new IllegalStateException("the watch of the pods ended", cause);
  }

  @Override
  public void close() {
    watch.close();
  }
}
