package dev.groundmesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.e2e.Scene.Pair;
import dev.groundmesh.e2e.app.Place;
import dev.groundmesh.e2e.cluster.ClusterNode;
import dev.groundmesh.e2e.mesh.Groundctl;
import dev.groundmesh.e2e.mesh.Mesh;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The mesh as the command line puts it into a cluster, without Helm. */
@DisruptiveTest
class GroundctlInstallTest {
  @Test
  void groundctlInstallsUpgradesAndUninstalls(Scene scene) {
    Groundctl groundctl =
        new Groundctl(
            scene.cluster(), Objects.requireNonNull(Path.of("").toAbsolutePath().getParent()));
    Place place = scene.meshedPlace("groundctl");
    Pair pair = scene.pair(place);
    scene.mesh().awaitEnrolled(pair.client(), pair.server());
    scene.expectLog(".*");
    scene.mesh().uninstall();
    try {
      groundctl.run("install", "--replicas", "1").orThrow();
      scene.mesh().awaitEnrolled(pair.client(), pair.server());
      scene.assertEncrypted(pair.client(), pair.server());

      groundctl.run("upgrade", "--fail-mode", "open").orThrow();
      assertThat(failMode(scene)).isEqualTo("open");
      assertThat(scene.mesh().controllers()).as("controllers, as before").hasSize(1);
      scene.assertEncrypted(pair.client(), pair.server());

      groundctl.run("uninstall").orThrow();
      scene.assertPlaintext(pair.client(), pair.server());
      for (ClusterNode node : scene.cluster().nodes()) {
        assertThat(MeshDisruptionTest.traces(scene, node)).as("traces on " + node.name()).isEmpty();
      }
    } finally {
      // Helm takes over nothing that is not its own: where the test ended early, this is still due.
      groundctl.run("uninstall");
      scene.mesh().install();
      scene.mesh().awaitReady();
    }
  }

  private static String failMode(Scene scene) {
    DaemonSet agents =
        scene
            .cluster()
            .client()
            .apps()
            .daemonSets()
            .inNamespace(Mesh.NAMESPACE)
            .withName(Mesh.AGENT)
            .require();
    return agents.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv().stream()
        .filter(variable -> variable.getName().equals("GROUNDMESH_FAIL_MODE"))
        .findFirst()
        .orElseThrow()
        .getValue();
  }
}
