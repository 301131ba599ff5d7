package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "status",
    description = {
      "the agents, which version of the configuration each has, and what was not accepted",
      "exits 1 if there is no agent, one is over 10 s behind or refuses something, or an object's condition is false"
    })
final class StatusCommand implements Callable<Integer> {
  /** An agent that is behind for longer is worth a look. */
  private static final long SLOW_MILLIS = 10_000;

  @Mixin private CommonOptions options = new CommonOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (MeshClient client = options.client()) {
      ArrayNode controllers = JsonNodeFactory.instance.arrayNode();
      ArrayNode agents = JsonNodeFactory.instance.arrayNode();
      client
          .controllers("/debug/agents")
          .forEach(
              (controller, answer) -> {
                controllers
                    .addObject()
                    .put("name", controller)
                    .put("agents", answer.path("agents").size())
                    .set("revision", answer.path("revision"));
                for (JsonNode agent : answer.path("agents")) {
                  ObjectNode entry = agents.addObject().put("controller", controller);
                  entry.setAll((ObjectNode) agent);
                }
              });
      JsonNode objects = client.controller("/debug/status");
      print(controllers, agents, objects);
      if (Streams.failures(spec, client)) {
        return ExitCode.UNREACHABLE;
      }
      return inOrder(agents, objects) ? ExitCode.OK : ExitCode.NO;
    }
  }

  private void print(JsonNode controllers, JsonNode agents, JsonNode objects) {
    PrintWriter out = Streams.out(spec);
    if (options.output().json()) {
      ObjectNode all = JsonNodeFactory.instance.objectNode();
      all.set("controllers", controllers);
      all.set("agents", agents);
      all.set("objects", objects);
      OutputOptions.printJson(out, all);
    } else {
      boolean colours = options.output().colours();
      agents(agents).print(out, colours);
      out.println();
      objects(objects).print(out, colours);
    }
    out.flush();
  }

  static boolean inOrder(JsonNode agents, JsonNode objects) {
    for (JsonNode agent : agents) {
      for (JsonNode type : agent.path("types")) {
        if (type.path("refuses").asBoolean() || type.path("lagMillis").asLong() > SLOW_MILLIS) {
          return false;
        }
      }
    }
    for (JsonNode object : objects) {
      for (JsonNode condition : object.path("conditions")) {
        if (!condition.path("status").asText().equalsIgnoreCase("true")) {
          return false;
        }
      }
    }
    return !agents.isEmpty();
  }

  private static Table agents(JsonNode agents) {
    Table table =
        new Table(
            "NODE",
            "AGENT",
            "CONTROLLER",
            "CONNECTED SINCE",
            "RESOURCES",
            "SENT",
            "ACKED",
            "LAG",
            "LAST REFUSAL");
    for (JsonNode agent : agents) {
      for (JsonNode type : agent.path("types")) {
        boolean refuses = type.path("refuses").asBoolean();
        long lag = type.path("lagMillis").asLong();
        table.row(
            agent.path("node").asText(),
            agent.path("client").asText(),
            agent.path("controller").asText(),
            agent.path("connectedSince").asText(),
            type.path("type").asText().replaceAll(".*\\.", ""),
            type.path("sentRevision").asLong(),
            type.path("ackedRevision").asLong(),
            new Table.Cell(lag + " ms", lag > SLOW_MILLIS ? Style.DOUBTFUL : Style.PLAIN),
            new Table.Cell(
                type.hasNonNull("lastNack") ? type.path("lastNack").asText() : "-",
                refuses ? Style.BAD : Style.PLAIN));
      }
    }
    return table;
  }

  private static Table objects(JsonNode objects) {
    Table table =
        new Table("KIND", "NAMESPACE", "NAME", "CONDITION", "STATUS", "REASON", "MESSAGE");
    for (JsonNode object : objects) {
      for (JsonNode condition : object.path("conditions")) {
        boolean accepted = condition.path("status").asText().equalsIgnoreCase("true");
        table.row(
            object.path("kind").asText(),
            object.path("namespace").asText(),
            object.path("name").asText(),
            condition.path("type").asText(),
            new Table.Cell(condition.path("status").asText(), accepted ? Style.GOOD : Style.BAD),
            condition.path("reason").asText(),
            condition.path("message").asText());
      }
    }
    return table;
  }
}
