package dev.groundmesh.lab.mesh;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/**
 * Makes AOT caches by a run that uses what every agent and every controller uses: a start from the
 * last good state, enrolment, policies, changes, both directions, TLS, the end. Needs root.
 */
public final class AotTraining {
  private static final Duration END_LIMIT = Duration.ofMinutes(3);
  private static final int PIECE_BYTES = 16 * 1024;
  private static final Duration LOAD = Duration.ofSeconds(6);

  private static final String POLICY_FILE = "training-policies.yaml";

  /** Allows all of the load. */
  private static final String POLICIES =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata:
        name: callers
        namespace: shop
      spec:
        action: ALLOW
        rules:
        - from:
          - source:
              namespaces: [shop]
        - from:
          - source:
              principals: [cluster.local/ns/other/sa/default]
          to:
          - operation:
              ports: ["9090"]
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata:
        name: strangers
        namespace: shop
      spec:
        action: DENY
        rules:
        - from:
          - source:
              ipBlocks: [192.0.2.0/24]
              notNamespaces: [shop]
      """;

  private AotTraining() {}

  /**
   * A program to train.
   *
   * @param command with a class path of jars; the cache fits it alone
   * @param cache the file to write
   */
  public record Trainee(JavaCommand command, Path cache) {
    private JavaCommand training() throws IOException {
      Files.deleteIfExists(cache);
      return command.trainingAotCache(cache);
    }

    private boolean ended(Program program) throws IOException {
      program.signal("TERM");
      if (!program.awaitExit(END_LIMIT) || !Files.exists(cache)) {
        return false;
      }
      rewriteInPieces();
      return true;
    }

    /**
     * Writes the cache anew as an image's files are unpacked. The kernel keeps a file in memory in
     * pieces as large as they were written, and maps such a piece whole when a byte of it is
     * touched; the JVM writes all of the cache at once.
     */
    private void rewriteInPieces() throws IOException {
      Path copy = cache.resolveSibling(cache.getFileName() + ".copy");
      byte[] piece = new byte[PIECE_BYTES];
      try (InputStream in = Files.newInputStream(cache);
          OutputStream out = Files.newOutputStream(copy)) {
        for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
          out.write(piece, 0, length);
        }
      }
      Files.move(copy, cache, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Trains on a lab of its own.
   *
   * @return whether both caches were made
   */
  public static boolean train(Trainee agent, Trainee controller) {
    try (Lab lab = Lab.open("aot")) {
      Mesh mesh = Mesh.of(lab).withController(controller.training());
      Program trainedController = startTraffic(lab, mesh);
      Program trained = trainAgent(lab, mesh, agent);
      return agent.ended(trained) && controller.ended(trainedController);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Trains the agent alone on a lab of its own.
   *
   * @return whether the cache was made
   */
  public static boolean train(Trainee agent) {
    try (Lab lab = Lab.open("aot")) {
      Mesh mesh = Mesh.of(lab);
      startTraffic(lab, mesh);
      return agent.ended(trainAgent(lab, mesh, agent));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Program startTraffic(Lab lab, Mesh mesh) {
    Node a = lab.node("node-a");
    Node b = lab.node("node-b");
    a.pod("shop/client").start();
    serve(a.pod("shop/neighbour").start());
    serve(b.pod("shop/server").start());
    lab.manifests().labelNamespace("shop", "istio.io/dataplane-mode", "ambient");
    lab.manifests().apply(POLICY_FILE, POLICIES);
    return mesh.startController();
  }

  private static void serve(Pod pod) {
    pod.program(JavaCommand.tool(ClassPath.ofThisJvm(), Responder.class.getName()).line())
        .named("responder")
        .start()
        .await(Readiness.listening(Responder.PORT));
  }

  private static Program trainAgent(Lab lab, Mesh mesh, Trainee agent) throws IOException {
    Node a = lab.node("node-a");
    mesh.withAgents(agent.command()).startAgent(a).close();
    Program trained = mesh.withAgents(agent.training()).startAgent(a);
    mesh.withAgents(agent.command()).startAgent(lab.node("node-b"));
    Pod client = pod(lab, "client");
    Pod neighbour = pod(lab, "neighbour");
    Pod server = pod(lab, "server");
    // Across the nodes in both directions, and within one.
    List<Program> load =
        List.of(
            requester(client, server), requester(server, neighbour), requester(client, neighbour));
    for (Program requester : load) {
      if (!requester.awaitExit(LOAD.plus(END_LIMIT)) || requester.exit().orElse(1) != 0) {
        throw new IllegalStateException(requester + "\n" + requester.log());
      }
    }
    a.get(Mesh.AGENT_METRICS_PORT, "/metrics");
    lab.manifests().remove(POLICY_FILE);
    return trained;
  }

  private static Program requester(Pod client, Pod server) {
    return client
        .program(
            JavaCommand.tool(ClassPath.ofThisJvm(), Requester.class.getName())
                .line(server.ipv4(), Long.toString(LOAD.toSeconds())))
        .named("requester-" + server.name())
        .start();
  }

  private static Pod pod(Lab lab, String name) {
    return lab.pods().stream().filter(pod -> pod.name().equals(name)).findFirst().orElseThrow();
  }
}
