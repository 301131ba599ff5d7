package dev.groundmesh.controller.compile;

import java.util.List;

/**
 * What one change of the objects made of the resources.
 *
 * @param revision grows by one with each delta; the same as that of the snapshot it leads to
 * @param updated new or changed resources; policies come before the workloads that name them
 * @param removed resources that are no more, as they last were
 */
public record ResourceDelta(
    long revision, List<CompiledResource> updated, List<CompiledResource> removed) {

  public ResourceDelta {
    updated = List.copyOf(updated);
    removed = List.copyOf(removed);
  }

  public boolean isEmpty() {
    return updated.isEmpty() && removed.isEmpty();
  }
}
