package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshException;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "explain",
    description = {
      "tells what would become of a connection, which rule decides, and where",
      "asked of the agent on the client's node, which decides as it would; exits 1 if it would be refused"
    })
final class ExplainCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = "--from",
      required = true,
      paramLabel = "[NAMESPACE/]POD",
      description = "who connects; without a namespace, of that of --namespace or of the context")
  private String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DESTINATION",
      description = "namespace/service, namespace/pod, a host name or an address")
  private String to = "";

  @Option(
      names = {"-n", "--namespace"},
      description = "of pods and Services that are named without one (default: the context's)")
  private @Nullable String namespace;

  @Option(names = "--port", required = true, description = "the port as dialled")
  private int port;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (port < 1 || port > 65535) {
      throw new ParameterException(
          Streams.line(spec), "--port: " + port + " (expected: 1 to 65535)");
    }
    JsonNode answer;
    String pod = qualified(from);
    String path =
        "/explain?from=" + encoded(pod) + "&to=" + encoded(destination()) + "&port=" + port;
    try (MeshClient client = options.client()) {
      answer = json(client.agent(nodeOf(client, pod), "GET", path));
    }
    Table table =
        new Table(
            "SHARE",
            "WAY",
            "NEXT HOP",
            "DESTINATION",
            "ANSWER",
            "DECIDED BY",
            "ENFORCED AT",
            "BECAUSE");
    boolean allowed = true;
    for (JsonNode outcome : answer.path("outcomes")) {
      boolean passes = outcome.path("allowed").asBoolean();
      allowed &= passes;
      table.row(
          outcome.path("percent").asInt() + "%",
          outcome.path("way").asText(),
          outcome.path("nextHop").asText(),
          outcome.path("destination").asText(),
          new Table.Cell(
              passes ? "allowed" : "refused " + outcome.path("reason").asText(),
              passes ? Style.GOOD : Style.BAD),
          outcome.path("decidedBy").asText(),
          outcome.path("enforcedAt").asText(),
          outcome.path("because").asText());
    }
    options.output().print(Streams.out(spec), answer, table);
    return allowed ? ExitCode.OK : ExitCode.NO;
  }

  private String qualified(String name) {
    return name.contains("/")
        ? name
        : (namespace == null ? options.namespace() : namespace) + '/' + name;
  }

  /** Host names and addresses stand for themselves. */
  private String destination() {
    return to.contains(".") || to.contains(":") ? to : qualified(to);
  }

  private static String nodeOf(MeshClient client, String pod) {
    for (JsonNode workload : client.controller("/debug/workloads")) {
      String name = workload.path("namespace").asText() + "/" + workload.path("name").asText();
      if (name.equals(pod)) {
        return workload.path("node").asText();
      }
    }
    throw new MeshException(
        "--from: " + pod + " (expected: namespace/name of a known workload)", null);
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new MeshException("explain: no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
