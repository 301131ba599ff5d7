package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.GatewayClass;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.status.Condition;
import java.util.ArrayList;
import java.util.List;

/** Whether the waypoints that a policy names with {@code targetRefs} exist and can hold it. */
final class PolicyTargets {
  private static final String WAYPOINT_ACCEPTED = "WaypointAccepted";
  private static final String WAYPOINT_CONTROLLER = "istio.io/mesh-controller";

  private final ObjectStore store;
  private final Relations relations;
  private final CompileSettings settings;

  PolicyTargets(ObjectStore store, Relations relations, CompileSettings settings) {
    this.store = store;
    this.relations = relations;
    this.settings = settings;
  }

  Condition condition(AuthorizationPolicy policy) {
    List<String> messages = new ArrayList<>();
    String reason = "Accepted";
    for (ObjectKey target : ObjectStore.targets(policy)) {
      String problem = unbound(policy, target);
      if (problem.isEmpty()) {
        messages.add("bound by " + target);
      } else {
        reason = problem;
        messages.add("spec.targetRefs: " + target + " (expected: " + expected(problem) + ')');
      }
    }
    return new Condition(
        WAYPOINT_ACCEPTED, reason.equals("Accepted"), reason, String.join("; ", messages));
  }

  private String unbound(AuthorizationPolicy policy, ObjectKey target) {
    MeshObject object = store.get(target);
    if (target.kind() == Kind.GATEWAY_CLASS
        && !policy.metadata().namespace().equals(settings.rootNamespace())) {
      return "Invalid";
    }
    return switch (object) {
      case null -> "TargetNotFound";
      case GatewayClass gatewayClass ->
          gatewayClass.controllerName().equals(WAYPOINT_CONTROLLER) ? "" : "Invalid";
      case Gateway gateway -> relations.waypoint(gateway).address() != null ? "" : "TargetNotFound";
      default ->
          relations.waypointOfService(object.metadata()).waypoint() != null
              ? ""
              : "AncestorNotBound";
    };
  }

  private String expected(String problem) {
    return switch (problem) {
      case "Invalid" ->
          "a GatewayClass of controller "
              + WAYPOINT_CONTROLLER
              + ", by a policy in namespace "
              + settings.rootNamespace();
      case "TargetNotFound" -> "an object that exists, and a Gateway to have an address";
      default -> "a service that has a waypoint";
    };
  }
}
