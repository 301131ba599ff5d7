package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.check.CheckResult;
import dev.groundmesh.groundctl.check.ClusterCheck;
import dev.groundmesh.groundctl.check.ClusterFacts;
import dev.groundmesh.groundctl.check.FactsReader;
import dev.groundmesh.groundctl.check.NodeCheck;
import dev.groundmesh.groundctl.check.NodeProbe;
import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    description = {
      "tells whether a cluster is fit for the mesh, and how an installed mesh is",
      "without a cluster, or with --machine, whether this machine is fit for an agent; exits 1 if a need is not met"
    })
final class CheckCommand implements Callable<Integer> {
  /** What the demo and the tests run, by the Debian package that brings it. */
  private static final Map<String, String> PROGRAMS =
      new TreeMap<>(
          Map.of(
              "ip", "iproute2",
              "nft", "nftables",
              "tcpdump", "tcpdump",
              "curl", "curl",
              "nginx", "nginx-light",
              "redis-server", "redis-server",
              "nghttpd", "nghttp2-server",
              "nghttp", "nghttp2-client"));

  @Option(names = "--machine", description = "check this machine, whatever cluster there is")
  private boolean machine;

  @Option(
      names = "--nodes",
      description = {
        "look into each node too, with a pod of the agent's image that is gone afterwards: what its kernel",
        "has, and the MTU of its interfaces"
      })
  private boolean nodes;

  @Option(
      names = "--probe-image",
      paramLabel = "IMAGE",
      description =
          "the agent's image (default: the installed one's, else groundmesh/agent of this version)")
  private @Nullable String probeImage;

  @Mixin private KubeOptions kube = new KubeOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Optional<KubeContext> cluster = machine ? Optional.empty() : kube.find();
    return cluster.isPresent() ? cluster(cluster.get()) : machine();
  }

  private int cluster(KubeContext context) throws InterruptedException {
    ClusterFacts facts;
    List<CheckResult> results;
    try (KubernetesClient client = context.connect()) {
      facts = new FactsReader(context, client, kube.rootNamespace()).read();
      results = new ArrayList<>(ClusterCheck.run(facts));
      if (nodes) {
        String image =
            probeImage != null
                ? probeImage
                : facts.agentImage().orElse("groundmesh/agent:" + Version.text());
        results.addAll(NodeCheck.run(facts.nodes(), new NodeProbe(client, image, facts).ask()));
      }
    }
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("context", context.name()).put("installed", facts.isInstalled());
    ArrayNode checks = answer.putArray("checks");
    Table table = new Table("CHECK", "OF", "OK", "FOUND", "WHAT TO DO");
    for (CheckResult result : results) {
      checks
          .addObject()
          .put("name", result.name())
          .put("subject", result.subject())
          .put("outcome", result.outcome().name())
          .put("found", result.found())
          .put("remedy", result.remedy());
      table.row(
          result.name(),
          result.subject(),
          switch (result.outcome()) {
            case OK -> new Table.Cell("yes", Style.GOOD);
            case DOUBTFUL -> new Table.Cell("maybe", Style.DOUBTFUL);
            case FAILED -> new Table.Cell("no", Style.BAD);
          },
          result.found(),
          result.remedy());
    }
    output.print(Streams.out(spec), answer, table);
    return results.stream().anyMatch(result -> result.outcome() == CheckResult.Outcome.FAILED)
        ? ExitCode.NO
        : ExitCode.OK;
  }

  private int machine() throws IOException, InterruptedException {
    String home = System.getProperty("groundmesh.home");
    if (home == null) {
      Streams.err(spec)
          .println(
              "groundctl: groundmesh.home: (unset) (expected: the folder of a build; its launcher"
                  + " sets it)");
      return ExitCode.USAGE;
    }
    ObjectNode answer = (ObjectNode) AgentProgram.ofBuild(Path.of(home)).kernelCheck(cgroupRoot());
    boolean fit = answer.path("fit").asBoolean();
    ArrayNode programs = answer.putArray("programs");
    PROGRAMS.forEach(
        (program, debianPackage) ->
            programs
                .addObject()
                .put("name", program)
                .put("met", onPath(program))
                .put("remedy", "apt-get install " + debianPackage));
    output.print(Streams.out(spec), answer, table(answer));
    return fit ? ExitCode.OK : ExitCode.NO;
  }

  private static Table table(JsonNode answer) {
    Table table = new Table("NEED", "MET", "FOUND", "WHAT TO DO");
    for (JsonNode need : answer.path("needs")) {
      boolean met = need.path("met").asBoolean();
      table.row(
          need.path("name").asText(),
          new Table.Cell(met ? "yes" : "no", met ? Style.GOOD : Style.BAD),
          need.path("found").asText(),
          met ? "-" : need.path("remedy").asText());
    }
    for (JsonNode program : answer.path("programs")) {
      boolean met = program.path("met").asBoolean();
      table.row(
          program.path("name").asText() + " (for the demo)",
          new Table.Cell(met ? "yes" : "no", met ? Style.GOOD : Style.DOUBTFUL),
          "-",
          met ? "-" : program.path("remedy").asText());
    }
    return table;
  }

  private static boolean onPath(String program) {
    String path = System.getenv("PATH");
    return List.of(((path == null ? "" : path) + ":/usr/sbin:/sbin").split(":", -1)).stream()
        .anyMatch(folder -> !folder.isEmpty() && Files.isExecutable(Path.of(folder, program)));
  }

  /** Where the unified hierarchy is mounted; where it usually is if it is not. */
  private static Path cgroupRoot() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 2 && fields[2].equals("cgroup2")) {
        return Path.of(fields[1]);
      }
    }
    return Path.of("/sys/fs/cgroup");
  }
}
