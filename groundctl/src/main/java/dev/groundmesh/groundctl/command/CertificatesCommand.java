package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import picocli.CommandLine.Command;

@Command(name = "certificates", description = "certificates that the agents hold for their pods")
final class CertificatesCommand extends ListCommand {
  @Override
  JsonNode ask(MeshClient client) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    client
        .agents("/config_dump")
        .forEach(
            (node, dump) -> {
              for (JsonNode certificate : dump.path("certificates")) {
                ObjectNode entry = all.addObject().put("node", node);
                entry.setAll((ObjectNode) certificate);
              }
            });
    return all;
  }

  @Override
  Table table(JsonNode answer) {
    Table table = new Table("NODE", "IDENTITY", "STATE", "SERIAL", "VALID FROM", "EXPIRES");
    for (JsonNode certificate : answer) {
      String identity = certificate.path("identity").asText();
      if (wanted(namespaceOf(identity))) {
        JsonNode leaf = certificate.path("certChain").path(0);
        String state = certificate.path("state").asText();
        table.row(
            certificate.path("node").asText(),
            identity,
            new Table.Cell(state, state.equals("Available") ? Style.GOOD : Style.BAD),
            leaf.path("serialNumber").asText(),
            leaf.path("validFrom").asText(),
            leaf.path("expirationTime").asText());
      }
    }
    return table;
  }

  /** The part after {@code /ns/}. */
  private static String namespaceOf(String identity) {
    int start = identity.indexOf("/ns/");
    int end = start < 0 ? -1 : identity.indexOf('/', start + 4);
    return end < 0 ? "" : identity.substring(start + 4, end);
  }
}
