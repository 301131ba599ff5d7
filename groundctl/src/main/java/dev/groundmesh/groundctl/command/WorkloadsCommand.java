package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.Command;

@Command(
    name = "workloads",
    description = {
      "pods and machines that the mesh knows, and whether they are in it",
      "MESH is in, outside, or pending: to be in it and not captured yet"
    })
final class WorkloadsCommand extends ListCommand {
  private static final String IN = "in";

  /** It is to be in the mesh, and its node's agent has not said that its traffic is captured. */
  private static final String PENDING = "pending";

  private static final String OUTSIDE = "outside";

  @Override
  JsonNode ask(MeshClient client) {
    JsonNode workloads = client.controller("/debug/workloads");
    Set<String> wanted = new HashSet<>();
    for (JsonNode enrolment : client.controller("/debug/enrolments")) {
      if (enrolment.path("enrolled").asBoolean()) {
        wanted.add(enrolment.path("workloadUid").asText());
      }
    }
    for (JsonNode workload : workloads) {
      boolean meshed = workload.path("protocol").asText().equals("HBONE");
      ((ObjectNode) workload)
          .put(
              "mesh",
              meshed ? IN : wanted.contains(workload.path("uid").asText()) ? PENDING : OUTSIDE);
    }
    return workloads;
  }

  @Override
  Table table(JsonNode answer) {
    Table table =
        new Table(
            "NAMESPACE", "NAME", "ADDRESSES", "NODE", "PROTOCOL", "MESH", "STATUS", "WAYPOINT");
    for (JsonNode workload : answer) {
      if (wanted(workload.path("namespace").asText())) {
        String mesh = workload.path("mesh").asText();
        boolean healthy = workload.path("status").asText().equals("Healthy");
        table.row(
            workload.path("namespace").asText(),
            workload.path("name").asText(),
            joined(workload.path("workloadIps")),
            workload.path("node").asText(),
            workload.path("protocol").asText().equals("HBONE") ? "HBONE" : "TCP",
            new Table.Cell(
                mesh,
                switch (mesh) {
                  case IN -> Style.GOOD;
                  case PENDING -> Style.BAD;
                  default -> Style.FAINT;
                }),
            new Table.Cell(
                workload.path("status").asText(), healthy ? Style.PLAIN : Style.DOUBTFUL),
            workload.path("waypoint").path("destination").asText());
      }
    }
    return table;
  }
}
