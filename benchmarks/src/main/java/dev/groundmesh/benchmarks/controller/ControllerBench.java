package dev.groundmesh.benchmarks.controller;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.groundmesh.controller.ControlPlane;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.server.ServerSettings;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import dev.groundmesh.controller.xds.AgentStatus;
import dev.groundmesh.controller.xds.DiscoverySettings;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Measures the controller with simulated agents, which are a process of their own.
 *
 * <p>Arguments: agents, workloads, changes, file of results. The compile is the real one, fed with
 * objects; a change is one pod that becomes ready or unready, timed from its being told to the
 * compile until the last agent has accepted it.
 */
public final class ControllerBench {

  private static final int PODS_PER_SERVICE = 10;
  private static final Duration SYNC_LIMIT = Duration.ofMinutes(20);

  record Row(String benchCase, String metric, String unit, List<Double> values) {

    Row {
      values = values.stream().sorted().toList();
    }

    static Row of(String benchCase, String metric, String unit, double value) {
      return new Row(benchCase, metric, unit, List.of(value));
    }

    private double median() {
      return quantile(0.5);
    }

    double quantile(double share) {
      return values.get(Math.min(values.size() - 1, (int) (values.size() * share)));
    }
  }

  private ControllerBench() {}

  /** A control plane on loopback that keeps what it needs in a directory. */
  static ControlPlane openControlPlane(Path directory) throws StateException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return ControlPlane.open(
        new ControlPlane.Settings(
            loopback,
            loopback,
            "Kubernetes",
            CaSettings.defaults("cluster.local"),
            Set.of("istio-system/agent"),
            "istio-system",
            "agent",
            Duration.ofHours(12),
            List.of(),
            DiscoverySettings.defaults(),
            ServerSettings.defaults(),
            Runtime.getRuntime().availableProcessors()),
        StateDirectory.open(directory),
        _ -> CompletableFuture.completedFuture(null),
        Clock.systemUTC(),
        new SecureRandom());
  }

  public static void main(String[] arguments) throws Exception {
    int agents = Integer.parseInt(arguments[0]);
    int workloads = Integer.parseInt(arguments[1]);
    int changes = Integer.parseInt(arguments[2]);
    Path results = Path.of(arguments[3]);
    Path directory = Files.createTempDirectory("controller-bench");
    List<Row> rows = new ArrayList<>();
    String name = "controller/" + agents + "-agents-" + workloads + "-workloads";
    try (ControlPlane controlPlane = openControlPlane(directory)) {
      MeshCompiler compiler =
          new MeshCompiler(
              CompileSettings.folderDefaults(),
              AutoAddresses.inMemory(),
              controlPlane,
              (changed, removed) -> {});
      long begun = System.nanoTime();
      compiler.changed(mesh(workloads, agents));
      rows.add(Row.of(name, "compile from nothing", "ms", millisSince(begun)));
      Optional<String> missing = controlPlane.startServing(Duration.ofMinutes(1));
      if (missing.isPresent()) {
        throw new IllegalStateException(missing.get());
      }
      rows.add(Row.of(name, "heap without agents", "MiB", heap()));

      Path tokens = directory.resolve("bench-tokens");
      Files.write(tokens, tokens(controlPlane, agents));
      begun = System.nanoTime();
      Process process = start(controlPlane.xdsPort(), directory.resolve("root-cert.pem"), tokens);
      try {
        awaitAcked(controlPlane, agents, controlPlane.discovery().newest().revision());
        rows.add(Row.of(name, "all agents from nothing", "ms", millisSince(begun)));
        rows.add(Row.of(name, "heap with agents", "MiB", heap()));
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < changes + 5; i++) {
          long start = System.nanoTime();
          compiler.changed(List.of(put(pod(i / 2, agents, i % 2 != 0))));
          awaitAcked(controlPlane, agents, controlPlane.discovery().newest().revision());
          // The first few warm up.
          if (i >= 5) {
            times.add(millisSince(start));
          }
        }
        rows.add(new Row(name, "one change until the last ack", "ms", times));
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
    write(results, rows);
  }

  static void awaitAcked(ControlPlane controlPlane, int agents, long revision)
      throws InterruptedException {
    long deadline = System.nanoTime() + SYNC_LIMIT.toNanos();
    while (true) {
      List<AgentStatus> connected = controlPlane.discovery().agents();
      int acked = 0;
      for (AgentStatus agent : connected) {
        for (AgentStatus.TypeStatus type : agent.types()) {
          acked += type.ackedRevision() >= revision ? 1 : 0;
        }
      }
      if (acked >= agents) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            acked + " of " + agents + " agents accepted revision " + revision);
      }
      Thread.sleep(2);
    }
  }

  static Process start(int port, Path root, Path tokens) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            SimulatedAgents.class.getName(),
            Integer.toString(port),
            root.toString(),
            tokens.toString())
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.INHERIT)
        .start();
  }

  static List<String> tokens(ControlPlane controlPlane, int agents) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < agents; i++) {
      tokens.add(
          controlPlane
              .tokens()
              .issue(new Caller("istio-system", "agent", "node-" + i, null), Duration.ofHours(12)));
    }
    return tokens;
  }

  private static List<ObjectChange> mesh(int workloads, int nodes) {
    List<ObjectChange> changes = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      changes.add(put(new Node(Metadata.named("", "node-" + i, Map.of()))));
    }
    changes.add(
        put(
            new Namespace(
                Metadata.named("", "shop", Map.of("istio.io/dataplane-mode", "ambient")))));
    for (int i = 0; i < workloads / PODS_PER_SERVICE; i++) {
      changes.add(put(service(i)));
    }
    for (int i = 0; i < workloads; i++) {
      changes.add(put(pod(i, nodes, true)));
    }
    return changes;
  }

  private static Service service(int number) {
    return new Service(
        Metadata.named("shop", "svc-" + number, Map.of()),
        false,
        Map.of("app", "svc-" + number),
        false,
        List.of("10.96." + (number >> 8 & 255) + '.' + (number & 255)),
        List.of(new Service.Port("http", "TCP", "", 80, 8080, "")),
        false,
        "",
        false,
        List.of());
  }

  private static Pod pod(int number, int nodes, boolean ready) {
    String app = "svc-" + number / PODS_PER_SERVICE;
    return new Pod(
        Metadata.named("shop", app + "-" + number, Map.of("app", app, "version", "v1")),
        app,
        "node-" + number % nodes,
        app,
        false,
        Map.of(),
        List.of("10." + (number >> 16) + '.' + (number >> 8 & 255) + '.' + (number & 255)),
        false,
        ready);
  }

  private static ObjectChange put(MeshObject object) {
    return new ObjectChange.Put(object, List.of());
  }

  static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  @SuppressWarnings("SystemGc") // live memory is what is asked for
  static double heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0;
  }

  /** Writes the rows into a file, and for people to standard output. */
  @SuppressWarnings("SystemOut")
  static void write(Path results, List<Row> rows) throws IOException {
    for (Row row : rows) {
      System.out.printf(
          "%-46s %-36s median %9.1f  min %9.1f  max %9.1f %s%n",
          row.benchCase,
          row.metric,
          row.median(),
          row.values.getFirst(),
          row.values.getLast(),
          row.unit);
    }
    try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(results))) {
      json.writeStartArray();
      for (Row row : rows) {
        json.writeStartObject();
        json.writeStringField("case", row.benchCase);
        json.writeStringField("metric", row.metric);
        json.writeStringField("unit", row.unit);
        json.writeStringField("subject", "groundmesh");
        json.writeNumberField("median", row.median());
        json.writeNumberField("min", row.values.getFirst());
        json.writeNumberField("max", row.values.getLast());
        json.writeNumberField("runs", row.values.size());
        json.writeNullField("ratioToDirect");
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }
}
