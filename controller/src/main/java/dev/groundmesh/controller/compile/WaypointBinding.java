package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.meshapi.proto.workload.GatewayAddress;
import dev.groundmesh.meshapi.proto.workload.WeightedWaypoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The waypoint that an object gets.
 *
 * @param waypoint null: none
 * @param address what agents are told; without a waypoint that of one that is missing, which makes
 *     them refuse, or null
 * @param weighted with the canary's share; empty without a canary
 * @param condition what the object's author is told; null: the object asked for nothing
 */
record WaypointBinding(
    @Nullable Waypoint waypoint,
    @Nullable GatewayAddress address,
    List<WeightedWaypoint> weighted,
    @Nullable Condition condition) {

  static final WaypointBinding NONE = new WaypointBinding(null, null, List.of(), null);

  private static final String TYPE = "istio.io/WaypointBound";

  static WaypointBinding bound(Waypoint waypoint, List<WeightedWaypoint> weighted, String more) {
    return new WaypointBinding(
        waypoint,
        waypoint.address(),
        weighted,
        new Condition(
            TYPE, true, "WaypointAccepted", "attached to waypoint " + waypoint.key() + more));
  }

  static WaypointBinding refused(String reason, String message) {
    return missing(null, reason, message);
  }

  /**
   * @param address null: traffic goes on without it
   */
  static WaypointBinding missing(@Nullable GatewayAddress address, String reason, String message) {
    return new WaypointBinding(
        null, address, List.of(), new Condition(TYPE, false, reason, message));
  }
}
