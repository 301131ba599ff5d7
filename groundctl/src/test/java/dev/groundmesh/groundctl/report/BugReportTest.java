package dev.groundmesh.groundctl.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.groundctl.mesh.AdminPage;
import dev.groundmesh.groundctl.mesh.MeshAccess;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BugReportTest {
  private static final String TOKEN =
      "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJl";

  @TempDir private Path folder = Path.of(".");

  /** Every page of it says a token; one agent does not answer. */
  private static final class TalkativeMesh implements MeshAccess {
    @Override
    public SortedMap<String, AdminPage> controllers() {
      return new TreeMap<>(Map.of("c-1", (method, path, bearer) -> path + ' ' + TOKEN));
    }

    @Override
    public SortedMap<String, AdminPage> agents() {
      SortedMap<String, AdminPage> agents = new TreeMap<>();
      agents.put("n1", (method, path, bearer) -> path + " token=" + TOKEN);
      agents.put(
          "n2",
          (method, path, bearer) -> {
            throw new MeshException("n2 does not answer to " + TOKEN, null);
          });
      return agents;
    }

    @Override
    public void close() {}
  }

  /** What tar itself makes of the archive. */
  private Path unpacked(Path archive) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder("tar", "-xzf", archive.toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    return folder;
  }

  private Path report() throws Exception {
    Path archive = folder.resolve("r.tar.gz");
    try (OutputStream out = Files.newOutputStream(archive);
        BugReport report = new BugReport(out, "r", Instant.ofEpochSecond(1_000_000_000))) {
      MeshPieces.addTo(report, new MeshClient(new TalkativeMesh()));
    }
    return unpacked(archive).resolve("r");
  }

  @Test
  void pagesOfControllersAndAgentsAreInTheArchive() throws Exception {
    Path report = report();

    assertThat(report.resolve("controllers/c-1/debug/workloads.txt"))
        .content()
        .isEqualTo("/debug/workloads [redacted]");
    assertThat(report.resolve("agents/n1/config_dump.txt")).isRegularFile();
  }

  @Test
  void noTokenIsAnywhereInIt() throws Exception {
    try (var files = Files.walk(report())) {
      assertThat(files.filter(Files::isRegularFile))
          .isNotEmpty()
          .allSatisfy(
              file -> assertThat(Files.readString(file)).doesNotContain("eyJ", "c2lnbmF0dXJl"));
    }
  }

  @Test
  void whatDoesNotAnswerIsNoted() throws Exception {
    Path report = report();

    assertThat(report.resolve("missing.txt"))
        .content()
        .contains("agents/n2/connections.txt: n2 does not answer to [redacted]");
    assertThat(report.resolve("agents/n2")).doesNotExist();
  }

  @Test
  void longPathsAreKept() throws Exception {
    String path = "objects/" + "a".repeat(90) + '/' + "b".repeat(90) + ".json";
    Path archive = folder.resolve("r.tar.gz");
    try (OutputStream out = Files.newOutputStream(archive);
        BugReport report = new BugReport(out, "r", Instant.EPOCH)) {
      report.add(path, () -> "text");
    }

    assertThat(unpacked(archive).resolve("r").resolve(path)).content().isEqualTo("text");
  }
}
