package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.analysis.ObjectKinds;
import dev.groundmesh.groundctl.check.CheckResult;
import dev.groundmesh.groundctl.check.ClusterCheck;
import dev.groundmesh.groundctl.check.FactsReader;
import dev.groundmesh.groundctl.kube.ApiObjects.Resource;
import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshException;
import dev.groundmesh.groundctl.report.BugReport;
import dev.groundmesh.groundctl.report.ClusterPieces;
import dev.groundmesh.groundctl.report.MeshPieces;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "bug-report",
    description = {
      "collects versions, configuration, logs and events of a mesh in one archive",
      "for who is to help; keys, tokens and passwords are left out, Secrets are not read; look through it before sending it"
    })
final class BugReportCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  /** What pods and their like are, is theirs: of those the controller's pages tell enough. */
  private static final Set<String> NOT_TAKEN = Set.of("Pod", "EndpointSlice", "Node", "Ingress");

  @Mixin private MeshOptions options = new MeshOptions();

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "the archive to write (default: groundmesh-bug-report-<time>.tar.gz, here)")
  private @Nullable Path file;

  @Option(
      names = "--log-lines",
      defaultValue = "5000",
      paramLabel = "COUNT",
      description = "lines of each container's log, at most (default: ${DEFAULT-VALUE})")
  private int logLines = 5000;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Instant now = Instant.now();
    String name = "groundmesh-bug-report-" + STAMP.format(now);
    Path archive = file == null ? Path.of(name + ".tar.gz") : file;
    PrintWriter out = Streams.out(spec);
    try (OutputStream written = create(archive);
        BugReport report = new BugReport(written, name, now)) {
      report.addJson("versions.json", versions());
      Optional<KubeContext> cluster = options.cluster();
      if (cluster.isPresent()) {
        ofCluster(report, cluster.get());
      }
      try (MeshClient mesh = options.client()) {
        MeshPieces.addTo(report, mesh);
      } catch (MeshException | KubernetesClientException e) {
        report.add(
            "controllers and agents",
            () -> {
              throw e;
            });
      }
      report.missing().forEach(missing -> out.println("not in it: " + missing));
      out.println(archive + ": " + report.pieces() + " files");
    }
    out.flush();
    return ExitCode.OK;
  }

  private void ofCluster(BugReport report, KubeContext context) throws IOException {
    String rootNamespace = options.kube().rootNamespace();
    try (KubernetesClient client = context.connect()) {
      report.add(
          "check.txt",
          () -> {
            StringBuilder text = new StringBuilder();
            for (CheckResult result :
                ClusterCheck.run(new FactsReader(context, client, rootNamespace).read())) {
              text.append(result).append('\n');
            }
            return text.toString();
          });
      List<Resource> kinds =
          ObjectKinds.all().stream().filter(kind -> !NOT_TAKEN.contains(kind.kind())).toList();
      new ClusterPieces(client, rootNamespace, logLines).addTo(report, kinds);
    }
  }

  private static ObjectNode versions() {
    ObjectNode versions = JsonNodeFactory.instance.objectNode();
    versions.put("groundctl", Version.text());
    versions.put("java", System.getProperty("java.vm.version"));
    versions.put("system", System.getProperty("os.name") + ' ' + System.getProperty("os.version"));
    return versions;
  }

  /** For its owner's eyes: nobody promises that nothing slipped through. */
  private static OutputStream create(Path archive) throws IOException {
    Files.createFile(
        archive,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.newOutputStream(archive, StandardOpenOption.WRITE);
  }
}
