package dev.groundmesh.meshapi.routing;

/**
 * Which rule of the order of decisions made an outbound decision; for {@code groundctl explain} and
 * logs.
 */
public enum OutboundRule {
  LOOP_GUARD("the destination is a port of the agent on loopback"),
  SERVICE_WAYPOINT("the service has a waypoint"),
  SERVICE_ENDPOINT("an endpoint of the service was chosen"),
  SERVICE_PASSTHROUGH("the service passes connections through to the address that was dialled"),
  WORKLOAD_WAYPOINT("the workload has a waypoint"),
  WORKLOAD_ADDRESS("the workload was dialled by its address"),
  UNKNOWN_DESTINATION("the address is not known to the mesh");

  private final String text;

  OutboundRule(String text) {
    this.text = text;
  }

  /** For people. */
  public String text() {
    return text;
  }
}
