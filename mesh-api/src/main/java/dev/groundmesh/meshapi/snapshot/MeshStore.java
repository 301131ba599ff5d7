package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.wire.MeshDelta;
import java.util.function.Consumer;

/**
 * The one owner of what is known of the mesh: applies what the control plane sends and publishes
 * the result whole.
 *
 * <p>{@link #apply} and {@link #addListener} belong to one thread; {@link #current} is for any
 * thread. The cost of a delta is in proportion to the delta, not to the mesh.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class MeshStore {

  private volatile MeshSnapshot current;

  public MeshStore(MeshSnapshot initial) {
    this.current = initial;
  }

  public MeshSnapshot current() {
    return current;
  }

  /**
   * {@code listener} is told of each change after it is published, on the owner's thread; it must
   * not block.
   */
  public void addListener(Consumer<MeshChange> listener) {
    throw new UnsupportedOperationException();
  }

  /** Applies {@code delta} as one change. */
  public MeshChange apply(MeshDelta delta) {
    throw new UnsupportedOperationException();
  }
}
