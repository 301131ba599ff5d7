package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.controller.ControlPlane;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.xds.AgentStatus;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Simulated agents of a control plane, in a process of their own that takes commands. */
final class AgentProcess implements AutoCloseable {

  private final ControlPlane controlPlane;
  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;
  private final Path held;
  private int generation;

  private AgentProcess(ControlPlane controlPlane, Process process, Path held) {
    this.controlPlane = controlPlane;
    this.process = process;
    this.held = held;
    this.commands = process.outputWriter();
    this.answers = process.inputReader();
  }

  /**
   * Starts so many agents that have yet to connect.
   *
   * @param directory of the control plane's state
   */
  static AgentProcess start(ControlPlane controlPlane, Path directory, int agents)
      throws IOException {
    Path tokens = directory.resolve("bench-tokens");
    List<String> issued = new ArrayList<>();
    for (int i = 0; i < agents; i++) {
      issued.add(
          controlPlane
              .tokens()
              .issue(new Caller("istio-system", "agent", "node-" + i, null), Duration.ofHours(12)));
    }
    Files.write(tokens, issued);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                // Its standard output holds the answers alone.
                "-Dslf4j.provider=" + System.getProperty("slf4j.provider"),
                "-Dslf4j.internal.verbosity=WARN",
                "-Dlogback.configurationFile=" + System.getProperty("logback.configurationFile"),
                "-cp",
                System.getProperty("java.class.path"),
                SimulatedAgents.class.getName(),
                Integer.toString(controlPlane.xdsPort()),
                directory.resolve("root-cert.pem").toString(),
                tokens.toString())
            .redirectError(Redirect.INHERIT)
            .start();
    return new AgentProcess(controlPlane, process, directory.resolve("bench-held"));
  }

  /**
   * From now on, agents may hold every address that there is now.
   *
   * @return bytes of a request that lists them
   */
  long holdEverything() throws IOException {
    DeltaDiscoveryRequest.Builder list = DeltaDiscoveryRequest.newBuilder();
    for (CompiledResource resource : controlPlane.discovery().newest().addresses()) {
      list.putInitialResourceVersions(resource.name(), resource.version());
    }
    Files.write(held, list.build().toByteArray());
    command("hold " + held);
    return Files.size(held);
  }

  /** All agents begin anew, holding nothing. */
  void connectHoldingNothing() throws IOException {
    generation = Integer.parseInt(command("connect nothing"));
  }

  /** All agents begin anew, holding what was last told to hold. */
  void connectHoldingEverything() throws IOException {
    generation = Integer.parseInt(command("connect held"));
  }

  /**
   * So many further agents begin, holding nothing, and read nothing of what they are sent.
   *
   * @return their generation
   */
  int stall(int agents) throws IOException {
    return Integer.parseInt(command("stall " + agents));
  }

  /** How many agents of a generation have subscribed. */
  int subscribed(int generation) {
    String client = SimulatedAgents.clientName(generation);
    int subscribed = 0;
    for (AgentStatus agent : controlPlane.discovery().agents()) {
      subscribed += agent.client().equals(client) && !agent.types().isEmpty() ? 1 : 0;
    }
    return subscribed;
  }

  /** MiB of messages that all agents were sent so far. */
  double receivedMib() throws IOException {
    return Long.parseLong(command("received")) / 1048576.0;
  }

  /** Streams that ended so far without the agents having wished it. */
  long ended() throws IOException {
    return Long.parseLong(command("ended"));
  }

  private String command(String command) throws IOException {
    commands.write(command + '\n');
    commands.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the simulated agents are gone");
    }
    return answer;
  }

  /** Waits until so many agents that were connected last have accepted a revision. */
  void awaitAccepted(int agents, long revision, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    String client = SimulatedAgents.clientName(generation);
    while (true) {
      int accepted = 0;
      for (AgentStatus agent : controlPlane.discovery().agents()) {
        if (agent.client().equals(client)) {
          for (AgentStatus.TypeStatus type : agent.types()) {
            accepted += type.ackedRevision() >= revision ? 1 : 0;
          }
        }
      }
      if (accepted >= agents) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            accepted + " of " + agents + " agents accepted revision " + revision);
      }
      Thread.sleep(2);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
