package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.output.Table;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that lists things of the mesh. */
abstract class ListCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(
      names = {"-n", "--namespace"},
      description = "only those of this namespace")
  private @Nullable String namespace;

  @Spec private @Nullable CommandSpec spec;

  /** What the mesh answers: the JSON that {@code -o json} prints. */
  abstract JsonNode ask(MeshClient client);

  abstract Table table(JsonNode answer);

  /** Whether a thing of this namespace is wanted. */
  boolean wanted(String ofNamespace) {
    return namespace == null || namespace.equals(ofNamespace);
  }

  @Override
  public Integer call() {
    try (MeshClient client = options.client()) {
      JsonNode answer = ask(client);
      options.output().print(Streams.out(spec), answer, table(answer));
      return Streams.failures(spec, client) ? ExitCode.UNREACHABLE : ExitCode.OK;
    }
  }

  /** The texts of an array, separated by commas. */
  static String joined(JsonNode array) {
    StringBuilder text = new StringBuilder();
    for (JsonNode element : array) {
      text.append(text.isEmpty() ? "" : ",").append(element.asText());
    }
    return text.toString();
  }
}
