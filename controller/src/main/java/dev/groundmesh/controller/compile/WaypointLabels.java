package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The labels by which objects ask for a waypoint. */
final class WaypointLabels {

  static final String USE = "istio.io/use-waypoint";
  private static final String USE_NAMESPACE = "istio.io/use-waypoint-namespace";
  private static final String CANARY = "istio.io/use-waypoint-canary";
  private static final String CANARY_NAMESPACE = "istio.io/use-waypoint-canary-namespace";
  private static final String NONE = "none";

  private WaypointLabels() {}

  /** Whether the object itself says that it wants none, whatever its namespace says. */
  static boolean optsOut(Metadata metadata) {
    return NONE.equals(metadata.label(USE));
  }

  /**
   * The waypoint ({@code namespace/name}) that these labels ask for.
   *
   * @param home the namespace meant where the labels name none
   */
  static Optional<String> primary(Metadata metadata, String home) {
    return reference(metadata, USE, USE_NAMESPACE, home);
  }

  static Optional<String> canary(Metadata metadata, String home) {
    return reference(metadata, CANARY, CANARY_NAMESPACE, home);
  }

  private static Optional<String> reference(
      Metadata metadata, String label, String namespaceLabel, String home) {
    String name = metadata.label(label);
    if (name == null || name.isEmpty() || name.equals(NONE)) {
      return Optional.empty();
    }
    String namespace = metadata.label(namespaceLabel);
    return Optional.of((namespace == null ? home : namespace) + '/' + name);
  }

  /** All waypoints that an object's own labels name. */
  static List<String> references(@Nullable MeshObject object) {
    if (object == null) {
      return List.of();
    }
    Metadata metadata = object.metadata();
    String home = object.kind() == Kind.NAMESPACE ? metadata.name() : metadata.namespace();
    List<String> references = new ArrayList<>(2);
    primary(metadata, home).ifPresent(references::add);
    canary(metadata, home).ifPresent(references::add);
    return references;
  }
}
