package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.meshapi.proto.workload.WeightedWaypoint;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which waypoint an object gets: by its own labels, else by those of its namespace. Pure over what
 * it is given.
 */
final class WaypointResolver {

  private static final String MANAGED = "gateway.istio.io/managed";
  private static final Set<String> GATEWAYS =
      Set.of("istio.io-mesh-controller", "istio.io-eastwest-controller");
  private static final String CANARY_WEIGHT = "istio.io/use-waypoint-canary-weight";

  private final Function<String, Optional<Waypoint>> waypoints;
  private final Function<String, @Nullable Namespace> namespaces;
  private final CompileSettings settings;

  /**
   * @param waypoints by {@code namespace/name}; empty for those that do not exist
   */
  WaypointResolver(
      Function<String, Optional<Waypoint>> waypoints,
      Function<String, @Nullable Namespace> namespaces,
      CompileSettings settings) {
    this.waypoints = waypoints;
    this.namespaces = namespaces;
    this.settings = settings;
  }

  WaypointBinding forService(Metadata service) {
    String managed = service.label(MANAGED);
    if (managed != null && GATEWAYS.contains(managed)) {
      return WaypointBinding.NONE;
    }
    WaypointBinding primary =
        resolve(service, WaypointLabels.primary(service, service.namespace()));
    Waypoint waypoint = primary.waypoint();
    if (waypoint == null) {
      return primary;
    }
    if (!waypoint.takesServices()) {
      return unsupported(waypoint, "service");
    }
    return waypoint.address() == null ? notReady(waypoint.key()) : withCanary(service, waypoint);
  }

  WaypointBinding forWorkload(Metadata workload) {
    WaypointBinding binding =
        resolve(workload, WaypointLabels.primary(workload, workload.namespace()));
    Waypoint waypoint = binding.waypoint();
    if (waypoint == null) {
      // Of a gateway that does not exist nobody knows whether it was to be for workloads.
      return workload.label(WaypointLabels.USE) == null ? WaypointBinding.NONE : binding;
    }
    if (waypoint.takesWorkloads()) {
      return waypoint.address() == null
          ? notReady(waypoint.key())
          : WaypointBinding.bound(waypoint, List.of(), "");
    }
    // A namespace's waypoint is most often for its services: that it does not take workloads is no
    // mistake.
    return workload.label(WaypointLabels.USE) == null
        ? WaypointBinding.NONE
        : unsupported(waypoint, "workload");
  }

  private static WaypointBinding unsupported(Waypoint waypoint, String traffic) {
    return WaypointBinding.refused(
        "UnsupportedTrafficType",
        String.format(
            "waypoint %s: %s traffic (expected: %s traffic, by its label istio.io/waypoint-for)",
            waypoint.key(), traffic, waypoint.trafficType()));
  }

  private WaypointBinding resolve(Metadata object, Optional<String> own) {
    if (WaypointLabels.optsOut(object)) {
      return WaypointBinding.NONE;
    }
    Namespace namespace = namespaces.apply(object.namespace());
    Optional<String> asked = own;
    if (asked.isEmpty() && namespace != null) {
      asked = WaypointLabels.primary(namespace.metadata(), object.namespace());
    }
    return asked.map(key -> attach(key, object, namespace)).orElse(WaypointBinding.NONE);
  }

  private WaypointBinding attach(String key, Metadata object, @Nullable Namespace namespace) {
    Optional<Waypoint> found = waypoints.apply(key);
    if (found.isEmpty()) {
      return notReady(key);
    }
    Waypoint waypoint = found.get();
    if (!waypoint.allows(object.namespace(), namespace)) {
      return WaypointBinding.refused(
          "AttachmentDenied",
          "label "
              + WaypointLabels.USE
              + ": "
              + key
              + " (expected: a Gateway whose listener's allowedRoutes admit namespace "
              + object.namespace()
              + ")");
    }
    return new WaypointBinding(waypoint, waypoint.address(), List.of(), null);
  }

  private WaypointBinding notReady(String key) {
    return WaypointBinding.missing(
        settings.refuseWithoutWaypoint() ? Waypoint.absent(key, settings.clusterDomain()) : null,
        "WaypointIsNotReady",
        "label "
            + WaypointLabels.USE
            + ": "
            + key
            + " (expected: a Gateway with an address in its status"
            + (settings.refuseWithoutWaypoint()
                ? "; until then traffic is refused)"
                : "; until then traffic goes past it)"));
  }

  private WaypointBinding withCanary(Metadata service, Waypoint primary) {
    Namespace namespace = namespaces.apply(service.namespace());
    boolean inherits =
        WaypointLabels.primary(service, service.namespace()).isEmpty() && namespace != null;
    Optional<String> canaryKey = WaypointLabels.canary(service, service.namespace());
    if (canaryKey.isEmpty() && inherits && namespace != null) {
      canaryKey = WaypointLabels.canary(namespace.metadata(), service.namespace());
    }
    if (canaryKey.isEmpty()) {
      return WaypointBinding.bound(primary, List.of(), "");
    }
    String key = canaryKey.get();
    String notAttached = "; canary waypoint " + key + " not attached: ";
    if (key.equals(primary.key())) {
      return WaypointBinding.bound(
          primary, List.of(), notAttached + "CanarySameAsPrimary (expected: another waypoint)");
    }
    String weightText = service.annotation(CANARY_WEIGHT);
    if (weightText == null && inherits && namespace != null) {
      weightText = namespace.metadata().annotation(CANARY_WEIGHT);
    }
    int weight = weight(weightText);
    if (weight < 0) {
      return WaypointBinding.bound(
          primary,
          List.of(),
          notAttached
              + "CanaryInvalidWeight: annotation "
              + CANARY_WEIGHT
              + ": "
              + weightText
              + " (expected: a number from 0 to 100)");
    }
    WaypointBinding attached = attach(key, service, namespace);
    Waypoint canary = attached.waypoint();
    if (canary == null || !canary.takesServices() || canary.address() == null) {
      String reason =
          attached.condition() != null
              ? attached.condition().reason()
              : canary != null && canary.takesServices()
                  ? "WaypointIsNotReady"
                  : "UnsupportedTrafficType";
      return WaypointBinding.bound(primary, List.of(), notAttached + reason);
    }
    return WaypointBinding.bound(
        primary,
        List.of(weighted(primary, 100 - weight), weighted(canary, weight)),
        "; canary waypoint " + key + " takes " + weight + " %");
  }

  private static WeightedWaypoint weighted(Waypoint waypoint, int weight) {
    return WeightedWaypoint.newBuilder()
        .setDestination(Objects.requireNonNull(waypoint.address(), waypoint.key()))
        .setWeight(weight)
        .build();
  }

  private static int weight(@Nullable String text) {
    if (text == null) {
      return 0;
    }
    return text.matches("[0-9]{1,3}") && Integer.parseInt(text) <= 100
        ? Integer.parseInt(text)
        : -1;
  }
}
