package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.JavaCommand;
import dev.groundmesh.lab.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Makes the agent's AOT cache by a run that uses what every agent uses: enrolment, both directions,
 * TLS, the end.
 */
final class AotTraining {
  private static final Duration END_LIMIT = Duration.ofMinutes(3);

  private AotTraining() {}

  /**
   * Trains on a lab of its own.
   *
   * @param agent the agent's command, with a class path of jars; the cache fits it alone
   * @return whether a cache was made
   */
  static boolean train(JavaCommand agent, Path cache) {
    try (Lab lab = Lab.open("aot")) {
      Files.deleteIfExists(cache);
      Mesh mesh = Mesh.of(lab);
      Node a = lab.node("node-a");
      Node b = lab.node("node-b");
      Pod client = a.pod("shop/client").start();
      Pod neighbour = a.pod("shop/neighbour").start();
      Pod server = b.pod("shop/server").start();
      Servers.start(neighbour, lab.directory("servers"));
      Servers.start(server, lab.directory("servers"));
      lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
      mesh.startController();
      Program trained = mesh.withAgents(agent.trainingAotCache(cache)).startAgent(a);
      Program other = mesh.startAgent(b);
      for (int i = 0; i < 50; i++) {
        client.get(server.ipv4(), Servers.HTTP, "/");
        client.get(neighbour.ipv4(), Servers.HTTP, "/");
        server.get(neighbour.ipv4(), Servers.HTTP, "/");
      }
      a.get(Mesh.AGENT_METRICS_PORT, "/metrics");
      trained.signal("TERM");
      other.close();
      return trained.awaitExit(END_LIMIT) && Files.exists(cache);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
