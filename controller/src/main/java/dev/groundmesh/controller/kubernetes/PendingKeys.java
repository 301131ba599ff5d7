package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.leader.Leadership;
import dev.groundmesh.controller.model.ObjectKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Objects that are to be written, each once and the oldest first; handed out only while this
 * replica leads. Thread-safe.
 */
final class PendingKeys {
  private static final long LOOK_AGAIN_MILLIS = 1000;
  private static final long REFUSED_AGAIN_SECONDS = 30;

  private final Leadership leadership;
  private final Set<ObjectKey> keys = new LinkedHashSet<>();
  private final Set<ObjectKey> refused = new HashSet<>();

  /** Those refused that will be added again. */
  private final Set<ObjectKey> waiting = new HashSet<>();

  PendingKeys(Leadership leadership) {
    this.leadership = leadership;
  }

  synchronized void add(ObjectKey key) {
    keys.add(key);
    notifyAll();
  }

  /**
   * Adds an object after a while, since the API server will not have it written now; others are
   * handed out meanwhile.
   *
   * @return whether it is the first such refusal since the object was {@linkplain #settled settled}
   */
  synchronized boolean addRefused(ObjectKey key) {
    if (waiting.add(key)) {
      CompletableFuture.delayedExecutor(REFUSED_AGAIN_SECONDS, TimeUnit.SECONDS)
          .execute(() -> addAgain(key));
    }
    return refused.add(key);
  }

  private synchronized void addAgain(ObjectKey key) {
    waiting.remove(key);
    add(key);
  }

  /** Notes that an object was written, or is not there to be. */
  synchronized void settled(ObjectKey key) {
    refused.remove(key);
  }

  synchronized void addAll(Collection<ObjectKey> some) {
    keys.addAll(some);
    notifyAll();
  }

  synchronized void removeIf(Predicate<ObjectKey> condition) {
    keys.removeIf(condition);
  }

  /** Forgets the oldest if there are more than so many. */
  synchronized void forgetOldestBeyond(int limit) {
    if (keys.size() > limit) {
      takeOldest();
    }
  }

  synchronized int size() {
    return keys.size();
  }

  /** Takes the oldest; waits until there is one and this replica leads. */
  synchronized ObjectKey next() throws InterruptedException {
    while (keys.isEmpty() || !leadership.isLeader()) {
      // Leading can also end by the clock alone, and begin again without a word.
      wait(LOOK_AGAIN_MILLIS);
    }
    return takeOldest();
  }

  private ObjectKey takeOldest() {
    Iterator<ObjectKey> oldest = keys.iterator();
    ObjectKey key = oldest.next();
    oldest.remove();
    return key;
  }
}
