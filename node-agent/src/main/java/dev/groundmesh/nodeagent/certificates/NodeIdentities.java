package dev.groundmesh.nodeagent.certificates;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshChange;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Which identities run on this node: those of its pods that are in the mesh, as far as their
 * Workloads are known. For the thread that owns the mesh store.
 */
public final class NodeIdentities {
  private final Consumer<SpiffeId> hold;
  private final Consumer<SpiffeId> drop;
  private final Consumer<SpiffeId> dropLater;
  private final Map<String, SpiffeId> held = new HashMap<>();

  /**
   * @param hold called for each pod that has an identity from now on
   * @param drop called for each that has it no more
   * @param dropLater called instead for each that left the mesh and lives on: its peers may not
   *     have heard of it
   */
  public NodeIdentities(
      Consumer<SpiffeId> hold, Consumer<SpiffeId> drop, Consumer<SpiffeId> dropLater) {
    this.hold = hold;
    this.drop = drop;
    this.dropLater = dropLater;
  }

  /** Takes in what has changed. */
  public void update(MeshChange change) {
    change.enrolments().forEach(uid -> update(change.after(), uid));
    for (String uid : change.workloads()) {
      if (held.containsKey(uid) || change.after().enrolment(uid) != null) {
        update(change.after(), uid);
      }
    }
  }

  private void update(MeshSnapshot mesh, String uid) {
    PodEnrolment enrolment = mesh.enrolment(uid);
    boolean enrolled = enrolment != null && enrolment.enrolled();
    Workload workload = enrolled ? mesh.workload(uid) : null;
    SpiffeId now = workload == null ? null : workload.identity();
    SpiffeId before = now == null ? held.remove(uid) : held.put(uid, now);
    if (now != null && !now.equals(before)) {
      hold.accept(now);
    }
    if (before != null && !before.equals(now)) {
      (enrolment != null && !enrolled ? dropLater : drop).accept(before);
    }
  }
}
