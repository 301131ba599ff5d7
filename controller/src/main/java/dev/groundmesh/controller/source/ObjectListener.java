package dev.groundmesh.controller.source;

import java.util.List;

/** Who consumes objects: the compile. */
@FunctionalInterface
public interface ObjectListener {

  /**
   * Called on the source's one thread, which so becomes the owner of the listener's state. The
   * first call brings everything that the source holds at its start, even if that is nothing.
   *
   * @throws RuntimeException if something is left undone, for the listener to take up with the next
   *     call. That comes after a pause if there is no change, and brings none then.
   */
  void changed(List<ObjectChange> changes);
}
