package dev.groundmesh.meshapi.model;

/**
 * One of several waypoints that share a service's new connections.
 *
 * @param weight its share relative to the others', at least 0; 0 takes no connection
 */
public record WeightedWaypoint(GatewayAddress waypoint, long weight) {

  public WeightedWaypoint {
    if (weight < 0 || weight > 0xffff_ffffL) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 0 to 4294967295)");
    }
  }
}
