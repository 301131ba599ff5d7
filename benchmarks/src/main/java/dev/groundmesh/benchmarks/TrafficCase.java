package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.Command;
import dev.groundmesh.lab.process.JavaCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A load between two pods, and the figures that come of it. */
enum TrafficCase {
  IPERF3_1("iperf3-1", false, "iperf3 --json -c {server} -P 1 -t {seconds}"),
  IPERF3_8("iperf3-8", false, "iperf3 --json -c {server} -P 8 -t {seconds}"),
  WRK_1("wrk-1", false, "wrk --latency -t 1 -c 1 -d {seconds}s http://{server}:{http}/"),
  WRK_50("wrk-50", false, "wrk --latency -t {threads} -c 50 -d {seconds}s http://{server}:{http}/"),
  RATE_1000("rate-1000", false, "{rate} {server} {http} 1000 16 {seconds}"),
  NEW_CONNECTIONS(
      "new-connections",
      false,
      "wrk --latency -t {threads} -c 16 -d {seconds}s -H {close} http://{server}:{http}/"),
  SAME_NODE_1("same-node-iperf3-1", true, "iperf3 --json -c {server} -P 1 -t {seconds}");

  private final String caseName;
  private final boolean sameNode;
  private final String command;

  TrafficCase(String caseName, boolean sameNode, String command) {
    this.caseName = caseName;
    this.sameNode = sameNode;
    this.command = command;
  }

  String caseName() {
    return caseName;
  }

  /**
   * Runs the load once for a subject.
   *
   * @param threads threads of a load generator that has several
   */
  List<Sample> run(Subject subject, int seconds, int threads) {
    PodPair pair = sameNode ? subject.sameNode() : subject.across();
    double cpuBefore = subject.proxyCpuSeconds();
    String output = output(pair, seconds, threads);
    double cpu = subject.proxyCpuSeconds() - cpuBefore;
    LoadTools.Outcome outcome = outcome(subject, output);
    var samples = new ArrayList<>(outcome.samples());
    if (subject.meshed()) {
      if (outcome.gigabytes() > 0) {
        samples.add(new Sample("proxy-cpu", "s/GB", cpu / outcome.gigabytes()));
      }
      if (outcome.requests() > 0) {
        samples.add(new Sample("proxy-cpu", "s/10k", cpu / outcome.requests() * 1e4));
      }
    }
    return samples;
  }

  private LoadTools.Outcome outcome(Subject subject, String output) {
    try {
      return switch (this) {
        case IPERF3_1, IPERF3_8, SAME_NODE_1 -> LoadTools.iperf3(output);
        case WRK_1, WRK_50 -> LoadTools.wrk(output, "requests", "req/s");
        case NEW_CONNECTIONS -> LoadTools.wrk(output, "connections", "conn/s");
        case RATE_1000 -> RateLoad.parse(output);
      };
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          caseName + ", " + subject + ": " + e.getMessage() + "\n" + subject.lastWords(), e);
    }
  }

  private String output(PodPair pair, int seconds, int threads) {
    var words = new ArrayList<String>();
    for (String word : command.split(" ", -1)) {
      if (word.equals("{rate}")) {
        words.addAll(JavaCommand.tool(ClassPath.ofThisJvm(), RateLoad.class.getName()).line());
      } else {
        words.add(
            word.replace("{close}", "Connection: close")
                .replace("{server}", pair.server().ipv4())
                .replace("{http}", Integer.toString(Servers.HTTP))
                .replace("{threads}", Integer.toString(threads))
                .replace("{seconds}", Integer.toString(seconds)));
      }
    }
    return run(pair.client(), words, Duration.ofSeconds(seconds + 30L));
  }

  private static String run(Pod client, List<String> command, Duration limit) {
    var program = client.program(command).start();
    try {
      if (!program.awaitExit(limit)) {
        throw new IllegalStateException(
            program + ": no end within " + limit + "\n" + program.log());
      }
      return new Command.Output(command, program.exit().orElseThrow(), program.log(), program.log())
          .orThrow()
          .stdout();
    } finally {
      program.kill();
    }
  }
}
