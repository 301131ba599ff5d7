package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Table;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
    name = "services",
    description = "services that the mesh knows, with their addresses and ports")
final class ServicesCommand extends ListCommand {
  @Override
  JsonNode ask(MeshClient client) {
    return client.controller("/debug/services");
  }

  @Override
  Table table(JsonNode answer) {
    Table table = new Table("NAMESPACE", "NAME", "HOSTNAME", "VIPS", "PORTS", "WAYPOINT");
    for (JsonNode service : answer) {
      if (wanted(service.path("namespace").asText())) {
        StringBuilder ports = new StringBuilder();
        for (Map.Entry<String, JsonNode> port : service.path("ports").properties()) {
          ports.append(ports.isEmpty() ? "" : ",").append(port.getKey()).append('>');
          ports.append(port.getValue().asText());
        }
        table.row(
            service.path("namespace").asText(),
            service.path("name").asText(),
            service.path("hostname").asText(),
            joined(service.path("vips")),
            ports,
            service.path("waypoint").path("destination").asText());
      }
    }
    return table;
  }
}
