package dev.groundmesh.controller.status;

import java.util.Collection;

/** Who brings statuses to the users. */
@FunctionalInterface
public interface StatusSink {

  /**
   * Called on the compile's thread after the resources of the same change are published.
   *
   * @param changed new or different statuses
   * @param removed as they last were; their objects are gone or there is nothing to say of them any
   *     more
   */
  void statuses(Collection<ObjectStatus> changed, Collection<ObjectStatus> removed);
}
