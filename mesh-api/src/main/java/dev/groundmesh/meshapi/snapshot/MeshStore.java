package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.wire.MeshDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The one owner of what is known of the mesh: applies what the control plane sends and publishes
 * the result whole.
 *
 * <p>{@link #apply} and {@link #addListener} belong to one thread; {@link #current} is for any
 * thread. The cost of a delta is in proportion to the delta and to the services that it touches,
 * not to the mesh.
 */
public final class MeshStore {

  private final List<Consumer<MeshChange>> listeners = new ArrayList<>();
  private volatile MeshSnapshot current;

  public MeshStore(MeshSnapshot initial) {
    this.current = Objects.requireNonNull(initial, "initial");
  }

  /** What is known now. */
  public MeshSnapshot current() {
    return current;
  }

  /**
   * Has {@code listener} told of each change after it is published, on the owner's thread; it must
   * not block or throw.
   */
  public void addListener(Consumer<MeshChange> listener) {
    listeners.add(listener);
  }

  /** Applies {@code delta} as one change. */
  public MeshChange apply(MeshDelta delta) {
    MeshChange change = new SnapshotEditor(current).apply(delta);
    current = change.after();
    for (Consumer<MeshChange> listener : listeners) {
      listener.accept(change);
    }
    return change;
  }
}
