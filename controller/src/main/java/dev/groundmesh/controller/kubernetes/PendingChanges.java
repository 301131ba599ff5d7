package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.source.ReadObject;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the watches have heard and the compile has not. Only the newest version of each object
 * waits, so that a compile that falls behind costs memory for objects, not for events, and no watch
 * ever waits for it. Thread-safe.
 */
final class PendingChanges {

  /**
   * What waited.
   *
   * @param lists whole kinds, by the objects there are; what was known of the kind and is not in it
   *     is gone
   * @param events newer than the lists; empty: the object is gone
   * @param since when the oldest of it was heard, in nanoseconds of the clock
   */
  record Batch(
      Map<Kind, Map<ObjectKey, ReadObject>> lists,
      Map<ObjectKey, Optional<ReadObject>> events,
      long since) {}

  private final LongSupplier nanoTime;
  private final Set<Kind> unlisted;
  private Map<Kind, Map<ObjectKey, ReadObject>> lists = new EnumMap<>(Kind.class);
  private Map<ObjectKey, Optional<ReadObject>> events = new LinkedHashMap<>();
  private long since;

  /**
   * Nothing heard yet.
   *
   * @param kinds that must have been listed once before anything is handed on
   */
  PendingChanges(Set<Kind> kinds, LongSupplier nanoTime) {
    this.unlisted = EnumSet.copyOf(kinds);
    this.nanoTime = nanoTime;
  }

  /** All objects of a kind, completely. */
  synchronized void listed(Kind kind, Map<ObjectKey, ReadObject> objects) {
    note();
    lists.put(kind, objects);
    events.keySet().removeIf(key -> key.kind() == kind);
    unlisted.remove(kind);
    notifyAll();
  }

  synchronized void changed(ReadObject object) {
    note();
    events.put(object.key(), Optional.of(object));
    notifyAll();
  }

  synchronized void removed(ObjectKey key) {
    note();
    events.put(key, Optional.empty());
    notifyAll();
  }

  /**
   * Waits until there is something, and at first until every kind has been listed.
   *
   * @param patienceNanos for how long at most
   * @return empty if nothing came
   */
  synchronized Optional<Batch> take(long patienceNanos) throws InterruptedException {
    long start = nanoTime.getAsLong();
    while (!unlisted.isEmpty() || isEmpty()) {
      long left = patienceNanos - (nanoTime.getAsLong() - start);
      if (left <= 0) {
        return Optional.empty();
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    Batch batch = new Batch(lists, events, since);
    lists = new EnumMap<>(Kind.class);
    events = new LinkedHashMap<>();
    return Optional.of(batch);
  }

  /** The kinds whose first list has not come yet. */
  synchronized Set<Kind> unlisted() {
    return Set.copyOf(unlisted);
  }

  /** How long the oldest change has waited, in seconds; 0 when none does. */
  synchronized double waitingSeconds() {
    return isEmpty() ? 0 : (nanoTime.getAsLong() - since) / 1e9;
  }

  private void note() {
    if (isEmpty()) {
      since = nanoTime.getAsLong();
    }
  }

  private boolean isEmpty() {
    return lists.isEmpty() && events.isEmpty();
  }
}
