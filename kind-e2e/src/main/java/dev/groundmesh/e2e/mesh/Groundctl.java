package dev.groundmesh.e2e.mesh;

import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.lab.process.Command;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The command line of the build, on a cluster. */
public final class Groundctl {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path program;
  private final String kubeconfig;

  /**
   * @param home the root of the project's sources, built
   */
  public Groundctl(Cluster cluster, Path home) {
    this.program = home.resolve("groundctl/target/groundctl");
    this.kubeconfig = cluster.tool("kubeconfig").stdout().strip();
  }

  /** Runs a command, whatever its exit status. */
  public Command.Output run(String command, String... arguments) {
    var line = new ArrayList<>(List.of(program.toString(), command, "--kubeconfig", kubeconfig));
    line.addAll(List.of(arguments));
    return Command.run(line, "", LIMIT);
  }
}
