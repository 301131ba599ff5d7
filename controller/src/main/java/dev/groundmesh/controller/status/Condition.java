package dev.groundmesh.controller.status;

/**
 * One statement about an object, as in Kubernetes' status conditions.
 *
 * @param type such as {@code ZtunnelAccepted} or {@code istio.io/WaypointBound}
 * @param status whether the statement holds
 * @param reason one CamelCase word, stable: scripts match on it
 * @param message for people; names the field and its value where there is one
 */
public record Condition(String type, boolean status, String reason, String message) {}
