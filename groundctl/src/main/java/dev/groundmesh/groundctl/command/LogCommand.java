package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.mesh.MeshClient;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "log", description = "shows or sets the agents' log levels")
final class LogCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();

  @Option(names = "--node", description = "only the agent of this node")
  private @Nullable String node;

  @Option(names = "--level", description = "such as debug, or info,access=debug,dns=off")
  private @Nullable String level;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Streams.out(spec);
    try (MeshClient client = options.client()) {
      for (String each : node == null ? client.nodes() : Set.of(node)) {
        String answer =
            level == null
                ? client.agent(each, "GET", "/logging")
                : client.agent(
                    each,
                    "POST",
                    "/logging?level=" + URLEncoder.encode(level, StandardCharsets.UTF_8));
        out.println(each + ": " + answer.strip());
      }
      out.flush();
      return ExitCode.OK;
    }
  }
}
