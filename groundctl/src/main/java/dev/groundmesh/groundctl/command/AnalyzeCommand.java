package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.analysis.AnalysisSettings;
import dev.groundmesh.groundctl.analysis.Analyzer;
import dev.groundmesh.groundctl.analysis.Finding;
import dev.groundmesh.groundctl.analysis.Level;
import dev.groundmesh.groundctl.analysis.ManifestFiles;
import dev.groundmesh.groundctl.analysis.ObjectKinds;
import dev.groundmesh.groundctl.analysis.ObjectRef;
import dev.groundmesh.groundctl.analysis.SourceObject;
import dev.groundmesh.groundctl.kube.ApiObjects;
import dev.groundmesh.groundctl.kube.KubeConfigException;
import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.ClusterAccess;
import dev.groundmesh.groundctl.output.Style;
import dev.groundmesh.groundctl.output.Table;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "analyze",
    description = {
      "finds what is wrong, or likely not meant, in a cluster's objects or in manifests",
      "manifests are looked at as the cluster would hold them; exits 1 if a finding reaches the threshold"
    })
final class AnalyzeCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  /** How findings are written. */
  enum Format {
    table,
    lines,
    json
  }

  @Mixin private KubeOptions kube = new KubeOptions();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "PATH",
      description =
          "a manifest, a folder of them, or - for standard input: what they would change is told")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--use-kube",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "BOOLEAN",
      arity = "0..1",
      description = "whether the cluster is looked at too (default: ${DEFAULT-VALUE})")
  private boolean useKube = true;

  @Option(
      names = {"-n", "--namespace"},
      description = "whose objects are reported on (default: the context's; with -f, all)")
  private @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "report on all namespaces")
  private boolean allNamespaces;

  @Option(
      names = "--failure-threshold",
      defaultValue = "error",
      paramLabel = "LEVEL",
      description =
          "the least level that makes the command fail: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Level threshold = Level.ERROR;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Format format = Format.table;

  @Mixin private ColourOption colour = new ColourOption();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Optional<KubeContext> cluster = useKube ? kube.find() : Optional.empty();
    if (files.isEmpty() && cluster.isEmpty()) {
      throw new KubeConfigException(
          "nothing to analyze (expected: -f with manifests, or a kubeconfig)", null);
    }
    if (allNamespaces && namespace != null) {
      throw new ParameterException(
          Streams.line(spec), "--all-namespaces beside --namespace (expected: one of the two)");
    }
    String home = cluster.map(KubeContext::namespace).orElse("default");
    List<ManifestFiles.Contents> written = new ArrayList<>();
    for (String file : files) {
      written.add(read(file, namespace == null ? home : namespace));
    }
    List<SourceObject> live = new ArrayList<>();
    AnalysisSettings settings =
        cluster.isPresent()
            ? read(cluster.get(), live)
            : AnalysisSettings.defaults(kube.rootNamespace(), false);

    List<SourceObject> all = new ArrayList<>(live);
    Set<ObjectRef> inFiles = new HashSet<>();
    List<Finding> findings = new ArrayList<>();
    for (ManifestFiles.Contents contents : written) {
      all.addAll(contents.objects());
      contents.objects().forEach(object -> inFiles.add(object.ref()));
      findings.addAll(contents.unreadable());
    }
    List<Finding> found = Analyzer.analyze(all, settings);
    if (files.isEmpty()) {
      found.stream().filter(finding -> isWanted(finding, home)).forEach(findings::add);
    } else {
      Set<Finding> before =
          live.isEmpty() ? Set.of() : Set.copyOf(Analyzer.analyze(live, settings));
      found.stream()
          .filter(finding -> inFiles.contains(finding.object()) || !before.contains(finding))
          .forEach(findings::add);
    }
    print(findings, files.isEmpty() ? live.size() : inFiles.size());
    return findings.stream().anyMatch(finding -> finding.level().reaches(threshold))
        ? ExitCode.NO
        : ExitCode.OK;
  }

  private boolean isWanted(Finding finding, String home) {
    return allNamespaces
        || finding.object().home().isEmpty()
        || finding.object().home().equals(namespace == null ? home : namespace);
  }

  private ManifestFiles.Contents read(String file, String defaultNamespace) throws IOException {
    if (file.equals(STANDARD_INPUT)) {
      String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
      return ManifestFiles.read("(standard input)", text, defaultNamespace);
    }
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new ParameterException(
          Streams.line(spec),
          "--filename: " + file + " (expected: a file or folder that can be read)");
    }
    return ManifestFiles.read(List.of(path), defaultNamespace);
  }

  private AnalysisSettings read(KubeContext cluster, List<SourceObject> into) {
    try (KubernetesClient client = cluster.connect()) {
      String own = namespace == null ? cluster.namespace() : namespace;
      ApiObjects objects = new ApiObjects(client, own);
      for (JsonNode object : objects.listAll(ObjectKinds.all())) {
        SourceObject.of(object, Optional.empty(), own).ifPresent(into::add);
      }
      PrintWriter err = Streams.err(spec);
      for (String withheld : objects.withheld()) {
        err.println("groundctl: not analyzed, for want of the right to list them: " + withheld);
      }
      err.flush();
      return AnalysisSettings.ofController(
          kube.rootNamespace(),
          objects.environment(kube.rootNamespace(), ClusterAccess.CONTROLLER),
          objects.withheld().isEmpty());
    }
  }

  private void print(List<Finding> findings, int objects) {
    PrintWriter out = Streams.out(spec);
    switch (format) {
      case json -> OutputOptions.printJson(out, json(findings));
      case lines -> {
        for (Finding finding : findings) {
          out.println(
              finding.place().map(place -> place + ": ").orElse("")
                  + level(finding)
                  + ": "
                  + finding.code()
                  + ": "
                  + finding.object()
                  + ": "
                  + finding.message());
        }
      }
      case table -> {
        if (!findings.isEmpty()) {
          table(findings).print(out, colour.colours());
          out.println();
        }
        out.println(summary(findings, objects));
      }
    }
    out.flush();
  }

  private static Table table(List<Finding> findings) {
    boolean places = findings.stream().anyMatch(finding -> finding.place().isPresent());
    Table table =
        places
            ? new Table("LEVEL", "CODE", "OBJECT", "WHERE", "WHAT")
            : new Table("LEVEL", "CODE", "OBJECT", "WHAT");
    for (Finding finding : findings) {
      Table.Cell level =
          new Table.Cell(
              level(finding),
              switch (finding.level()) {
                case ERROR -> Style.BAD;
                case WARNING -> Style.DOUBTFUL;
                case INFO -> Style.FAINT;
              });
      if (places) {
        table.row(
            level,
            finding.code(),
            finding.object(),
            finding.place().map(Object::toString).orElse("-"),
            finding.message());
      } else {
        table.row(level, finding.code(), finding.object(), finding.message());
      }
    }
    return table;
  }

  private static String summary(List<Finding> findings, int objects) {
    StringBuilder text = new StringBuilder();
    for (Level level : Level.values()) {
      long count = findings.stream().filter(finding -> finding.level() == level).count();
      text.append(count).append(' ').append(level.name().toLowerCase(Locale.ROOT)).append(", ");
    }
    return text.append(objects).append(" objects; docs/analyze.md explains each code").toString();
  }

  private static String level(Finding finding) {
    return finding.level().name().toLowerCase(Locale.ROOT);
  }

  private static JsonNode json(List<Finding> findings) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Finding finding : findings) {
      ObjectNode entry =
          array
              .addObject()
              .put("level", level(finding))
              .put("code", finding.code().name())
              .put("text", finding.code().text());
      entry
          .putObject("object")
          .put("group", finding.object().group())
          .put("kind", finding.object().kind())
          .put("namespace", finding.object().namespace())
          .put("name", finding.object().name());
      entry
          .put("field", finding.field())
          .put("value", finding.value())
          .put("expected", finding.expected());
      finding
          .place()
          .ifPresent(
              place ->
                  entry
                      .put("file", place.file())
                      .put("line", place.line())
                      .put("column", place.column()));
    }
    return array;
  }
}
