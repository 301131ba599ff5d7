package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.lab.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plain manifests are a copy of what the chart says, by the Helm of the cluster's tools. */
@Tag("cluster")
class ManifestsTest {
  @TempDir Path rendered;

  @ParameterizedTest
  @ValueSource(strings = {"groundmesh.yaml", "crds.yaml"})
  void thePlainManifestsAreWhatTheChartRenders(String file) throws IOException {
    Path home = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
    Command.run(
            "env",
            "HELM=" + home.resolve("kind-e2e/cluster/cluster") + " helm",
            home.resolve("daemonset/render-manifests.sh").toString(),
            rendered.toString())
        .orThrow();
    assertThat(home.resolve("daemonset/manifests").resolve(file))
        .as("daemonset/manifests/%s (if not: daemonset/render-manifests.sh)", file)
        .hasSameTextualContentAs(rendered.resolve(file));
    assertThat(Files.size(rendered.resolve(file))).isPositive();
  }
}
