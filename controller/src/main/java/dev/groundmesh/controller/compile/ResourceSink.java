package dev.groundmesh.controller.compile;

/** Who wants to hear of changes: the xDS server. */
@FunctionalInterface
public interface ResourceSink {

  /**
   * Called on the compile's thread, one call at a time, deltas in order of their revision and none
   * left out. Must not block.
   *
   * @param snapshot everything, the delta included
   */
  void publish(CompiledResources snapshot, ResourceDelta delta);
}
