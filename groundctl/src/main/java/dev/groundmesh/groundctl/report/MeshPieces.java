package dev.groundmesh.groundctl.report;

import dev.groundmesh.groundctl.mesh.MeshClient;
import java.io.IOException;
import java.util.List;

/** What a report has of the mesh itself: the admin pages of its controllers and agents. */
public final class MeshPieces {
  private static final List<String> OF_CONTROLLERS =
      List.of(
          "/debug/agents",
          "/debug/workloads",
          "/debug/services",
          "/debug/policies",
          "/debug/enrolments",
          "/debug/status",
          "/debug/ca",
          "/metrics");
  private static final List<String> OF_AGENTS = List.of("/config_dump", "/connections", "/logging");

  private MeshPieces() {}

  /** Adds the pages of all that answer. */
  public static void addTo(BugReport report, MeshClient mesh) throws IOException {
    for (String controller : mesh.controllerNames()) {
      for (String page : OF_CONTROLLERS) {
        report.add(
            "controllers/" + controller + page + ".txt",
            () -> mesh.controller(controller, "GET", page));
      }
    }
    for (String node : mesh.nodes()) {
      for (String page : OF_AGENTS) {
        report.add("agents/" + node + page + ".txt", () -> mesh.agent(node, "GET", page));
      }
    }
  }
}
