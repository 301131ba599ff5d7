package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import picocli.CommandLine.Command;

@Command(name = "workloads", description = "pods and machines that the mesh knows, enrolled or not")
final class WorkloadsCommand extends ListCommand {
  @Override
  JsonNode ask(MeshClient client) {
    return client.controller("/debug/workloads");
  }

  @Override
  Table table(JsonNode answer) {
    Table table =
        new Table("NAMESPACE", "NAME", "ADDRESSES", "NODE", "PROTOCOL", "STATUS", "WAYPOINT");
    for (JsonNode workload : answer) {
      if (wanted(workload.path("namespace").asText())) {
        boolean meshed = workload.path("protocol").asText().equals("HBONE");
        boolean healthy = workload.path("status").asText().equals("Healthy");
        table.row(
            workload.path("namespace").asText(),
            workload.path("name").asText(),
            joined(workload.path("workloadIps")),
            workload.path("node").asText(),
            new Table.Cell(meshed ? "HBONE" : "TCP", meshed ? Style.GOOD : Style.FAINT),
            new Table.Cell(
                workload.path("status").asText(), healthy ? Style.PLAIN : Style.DOUBTFUL),
            workload.path("waypoint").path("destination").asText());
      }
    }
    return table;
  }
}
