package dev.groundmesh.controller.compile;

import java.util.List;

/**
 * What one change of the objects made of the resources.
 *
 * @param revision grows by one with each delta; the same as that of the snapshot it leads to
 * @param updated new or changed resources, ordered as they are to be sent: services and workloads
 *     before policies before enrolments is not promised; within a type, by name
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
