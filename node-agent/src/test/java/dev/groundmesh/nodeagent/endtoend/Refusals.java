package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import dev.groundmesh.lab.process.Readiness;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.time.Duration;

/** What an agent tells of its refusals: the metric and the log, by one reason code. */
final class Refusals {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Program agent;
  private final Node node;
  private final String line;
  private final ReasonCode reason;
  private final double before;

  private Refusals(Program agent, Node node, String reporter, ReasonCode reason) {
    this.agent = agent;
    this.node = node;
    this.reason = reason;
    this.line =
        "groundmesh_refusals_total{reporter=\"" + reporter + "\",reason=\"" + reason + "\"} ";
    this.before = metric(node, line);
  }

  /** Of connections to the node's pods. */
  static Refusals inbound(Program agent, Node node, ReasonCode reason) {
    return new Refusals(agent, node, "destination", reason);
  }

  /** Of connections that the node's pods open. */
  static Refusals outbound(Program agent, Node node, ReasonCode reason) {
    return new Refusals(agent, node, "source", reason);
  }

  /** Waits until one more is counted, and logged. */
  void awaitOneMore() {
    agent.await(
        Readiness.when(
            "one more " + line + "than " + before,
            p -> metric(node, line) > before && p.log().contains(reason.code())),
        LIMIT);
  }

  /** The value of the metric whose line begins so, or 0. */
  static double metric(Node node, String begin) {
    return node.get(Mesh.AGENT_METRICS_PORT, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(begin))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
