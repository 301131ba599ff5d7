package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import picocli.CommandLine.Command;

@Command(
    name = "policies",
    description = "authorization policies as the agents enforce them, converted ones included")
final class PoliciesCommand extends ListCommand {
  @Override
  JsonNode ask(MeshClient client) {
    return client.controller("/debug/policies");
  }

  @Override
  Table table(JsonNode answer) {
    Table table = new Table("NAMESPACE", "NAME", "ACTION", "SCOPE", "GROUPS", "DRY RUN");
    for (JsonNode policy : answer) {
      if (wanted(policy.path("namespace").asText())) {
        String action = policy.path("action").asText();
        table.row(
            policy.path("namespace").asText(),
            policy.path("name").asText(),
            new Table.Cell(action, action.equals("DENY") ? Style.BAD : Style.GOOD),
            policy.path("scope").asText(),
            policy.path("groups").size(),
            policy.path("dryRun").asBoolean() ? "yes" : "no");
      }
    }
    return table;
  }
}
