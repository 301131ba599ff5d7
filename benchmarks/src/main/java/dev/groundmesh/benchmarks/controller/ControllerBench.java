package dev.groundmesh.benchmarks.controller;

import dev.groundmesh.controller.ControlPlane;
import dev.groundmesh.controller.ca.CaSettings;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.CompileWork;
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
import dev.groundmesh.controller.xds.DiscoverySettings;
import java.io.IOException;
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
 * <p>Arguments: agents, workloads, changes, file of results, and {@code everything} if all agents
 * are to be sent all of the mesh too. The compile is the real one, fed with objects; a change is
 * one pod that becomes ready or unready, timed from its being told to the compile until the last
 * agent has accepted it.
 */
public final class ControllerBench {

  private static final int PODS_PER_SERVICE = 10;
  private static final Duration SYNC_LIMIT = Duration.ofMinutes(20);

  private static final Duration APART = Duration.ofMillis(50);
  private static final int WARM_UP = 10;

  private final ControlPlane controlPlane;
  private final MeshCompiler compiler;
  private final int agents;
  private final int workloads;
  private final String name;
  private final List<Figure> figures = new ArrayList<>();
  private int changed;

  private ControllerBench(ControlPlane controlPlane, int agents, int workloads) {
    this.controlPlane = controlPlane;
    this.agents = agents;
    this.workloads = workloads;
    this.name = "controller/" + agents + "-agents-" + workloads + "-workloads";
    this.compiler =
        new MeshCompiler(
            CompileSettings.folderDefaults(),
            AutoAddresses.inMemory(),
            controlPlane,
            (changes, removed) -> {});
  }

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
    boolean everything = arguments.length > 4 && arguments[4].equals("everything");
    Path directory = Files.createTempDirectory("controller-bench");
    try (ControlPlane controlPlane = openControlPlane(directory)) {
      ControllerBench bench = new ControllerBench(controlPlane, agents, workloads);
      bench.compile();
      try (AgentProcess process = AgentProcess.start(controlPlane, directory, agents)) {
        bench.returning(process);
        bench.changes(process, changes);
        bench.stalled(process, changes);
        if (everything) {
          bench.beginning(process);
        }
        bench.add("streams that ended unasked", "streams", (double) process.ended());
      }
      Figure.write(Path.of(arguments[3]), bench.figures);
    }
  }

  private void add(String metric, String unit, double value) {
    figures.add(Figure.of(name, metric, unit, value).print());
  }

  private long revision() {
    return controlPlane.discovery().newest().revision();
  }

  private void compile() throws IOException, InterruptedException {
    ProcessUse.heapMib();
    long begun = System.nanoTime();
    compiler.changed(mesh(workloads, agents));
    add("compile from nothing", "ms", millisSince(begun));
    Optional<String> missing = controlPlane.startServing(Duration.ofMinutes(1));
    if (missing.isPresent()) {
      throw new IllegalStateException(missing.get());
    }
    add("heap without agents", "MiB", ProcessUse.heapMib());
  }

  /** All agents connect at once, as after the controller was away. */
  private void returning(AgentProcess process) throws IOException, InterruptedException {
    add("request that lists all versions", "MiB", process.holdEverything() / 1048576.0);
    connect(process, "all agents, holding everything", process::connectHoldingEverything);
    add("heap with agents", "MiB", ProcessUse.heapMib());
    add("resident with agents", "MiB", ProcessUse.residentMib());
  }

  /** All agents connect at once, as on the first day. */
  private void beginning(AgentProcess process) throws IOException, InterruptedException {
    double before = process.receivedMib();
    connect(process, "all agents, holding nothing", process::connectHoldingNothing);
    add("all agents, holding nothing: sent", "MiB", process.receivedMib() - before);
  }

  /** Has agents do something. */
  private interface Step {
    void run() throws IOException;
  }

  private void connect(AgentProcess process, String how, Step step)
      throws IOException, InterruptedException {
    ProcessUse.heapMib();
    ProcessUse.resetPeak();
    double cpu = ProcessUse.cpuMillis();
    long begun = System.nanoTime();
    step.run();
    process.awaitAccepted(agents, revision(), SYNC_LIMIT);
    add(how, "ms", millisSince(begun));
    add(how + ": CPU", "ms", ProcessUse.cpuMillis() - cpu);
    add(how + ": peak resident", "MiB", ProcessUse.peakMib());
  }

  private void changes(AgentProcess process, int changes) throws InterruptedException {
    // The first few warm up.
    time(process, agents, WARM_UP);
    CompileWork before = compiler.work();
    figures.add(
        new Figure(
                name,
                "one change until the last agent has it",
                "ms",
                time(process, agents, changes))
            .print());
    CompileWork work = compiler.work().since(before);
    add(
        "objects compiled or looked at for one change",
        "objects",
        (double) (work.workloads() + work.services() + work.policies() + work.scanned()) / changes);
    double cpu = ProcessUse.cpuMillis();
    for (int i = 0; i < changes; i++) {
      change();
      Thread.sleep(APART);
    }
    process.awaitAccepted(agents, revision(), SYNC_LIMIT);
    add("CPU of one change", "ms", (ProcessUse.cpuMillis() - cpu) / changes);
  }

  /** Half as many come and read nothing; the others must not feel it. */
  private void stalled(AgentProcess process, int changes) throws IOException, InterruptedException {
    ProcessUse.heapMib();
    ProcessUse.resetPeak();
    int stalled = process.stall(agents / 2);
    List<Double> meanwhile = new ArrayList<>();
    long begun = System.nanoTime();
    do {
      meanwhile.addAll(time(process, agents, 1));
    } while (process.subscribed(stalled) < agents / 2);
    add("half as many agents come, to read nothing", "ms", millisSince(begun));
    figures.add(new Figure(name, "one change while they come", "ms", meanwhile).print());
    List<Double> times = time(process, agents, changes);
    figures.add(new Figure(name, "one change, half as many agents stalled", "ms", times).print());
    add("half as many agents stalled: peak resident", "MiB", ProcessUse.peakMib());
  }

  private List<Double> time(AgentProcess process, int accepting, int changes)
      throws InterruptedException {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < changes; i++) {
      long begun = System.nanoTime();
      change();
      process.awaitAccepted(accepting, revision(), SYNC_LIMIT);
      times.add(millisSince(begun));
      Thread.sleep(APART);
    }
    return times;
  }

  /** A pod becomes unready, or ready again. */
  private void change() {
    compiler.changed(List.of(put(pod(changed / 2, agents, changed % 2 != 0))));
    changed++;
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

  static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  private static ObjectChange put(MeshObject object) {
    return new ObjectChange.Put(object, List.of());
  }
}
