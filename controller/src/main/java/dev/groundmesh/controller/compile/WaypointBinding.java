package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.meshapi.proto.workload.WeightedWaypoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The waypoint that an object gets.
 *
 * @param waypoint null: none
 * @param weighted with the canary's share; empty without a canary
 * @param condition what the object's author is told; null: the object asked for nothing
 */
record WaypointBinding(
    @Nullable Waypoint waypoint, List<WeightedWaypoint> weighted, @Nullable Condition condition) {

  static final WaypointBinding NONE = new WaypointBinding(null, List.of(), null);

  private static final String TYPE = "istio.io/WaypointBound";

  static WaypointBinding bound(Waypoint waypoint, List<WeightedWaypoint> weighted, String more) {
    return new WaypointBinding(
        waypoint,
        weighted,
        new Condition(
            TYPE, true, "WaypointAccepted", "attached to waypoint " + waypoint.key() + more));
  }

  static WaypointBinding refused(String reason, String message) {
    return new WaypointBinding(null, List.of(), new Condition(TYPE, false, reason, message));
  }
}
