package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import picocli.CommandLine.Command;

@Command(
    name = "connections",
    description = "connections that are open now, as each agent sees them")
final class ConnectionsCommand extends ListCommand {
  @Override
  JsonNode ask(MeshClient client) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    client
        .agents("/connections")
        .forEach(
            (node, connections) -> {
              for (JsonNode connection : connections) {
                ObjectNode entry = all.addObject().put("node", node);
                entry.setAll((ObjectNode) connection);
              }
            });
    return all;
  }

  @Override
  Table table(JsonNode answer) {
    Table table =
        new Table(
            "NODE", "DIRECTION", "FROM", "TO", "SERVICE", "SECURITY", "AGE", "SENT", "RECEIVED");
    for (JsonNode connection : answer) {
      JsonNode source = connection.path("source");
      JsonNode destination = connection.path("destination");
      if (wanted(source.path("namespace").asText())
          || wanted(destination.path("namespace").asText())) {
        boolean mutualTls = connection.path("mutualTls").asBoolean();
        table.row(
            connection.path("node").asText(),
            connection.path("direction").asText(),
            end(source, connection.path("src")),
            end(destination, connection.path("dst")),
            connection.path("service").asText(),
            new Table.Cell(
                mutualTls ? "mTLS" : "plaintext", mutualTls ? Style.GOOD : Style.DOUBTFUL),
            connection.path("ageMillis").asLong() / 1000 + "s",
            connection.path("bytesToDestination").asLong(),
            connection.path("bytesToSource").asLong());
      }
    }
    return table;
  }

  private static String end(JsonNode workload, JsonNode address) {
    String name = workload.path("workload").asText();
    return name.isEmpty() ? address.asText() : workload.path("namespace").asText() + "/" + name;
  }
}
