package dev.groundmesh.groundctl.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConflictTest {
  private static final String NAMESPACE = "istio-system";

  private static DaemonSet daemonSet(String namespace, String name, Map<String, String> labels) {
    return new DaemonSetBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withLabels(labels)
        .endMetadata()
        .build();
  }

  @Test
  void besideAZtunnelNoMeshMayBeInstalled() {
    assertThat(Conflict.of(daemonSet(NAMESPACE, "ztunnel", Map.of()), NAMESPACE))
        .hasValueSatisfying(
            conflict -> {
              assertThat(conflict.what()).startsWith("DaemonSet istio-system/ztunnel: ");
              assertThat(conflict.bearable()).isFalse();
            });
    assertThat(Conflict.of(daemonSet("mesh", "proxy", Map.of("app", "ztunnel")), NAMESPACE))
        .hasValueSatisfying(conflict -> assertThat(conflict.bearable()).isFalse());
  }

  @Test
  void besideAnotherGroundmeshNoMeshMayBeInstalled() {
    Map<String, String> ours = Map.of(MeshManifests.PART_OF, MeshManifests.PROJECT);

    assertThat(Conflict.of(daemonSet("other", "groundmesh-agent", ours), NAMESPACE))
        .hasValueSatisfying(conflict -> assertThat(conflict.bearable()).isFalse());
    assertThat(Conflict.of(daemonSet(NAMESPACE, "groundmesh-agent", ours), NAMESPACE)).isEmpty();
  }

  @Test
  void besideAnIstioWithSidecarsOneMay() {
    assertThat(Conflict.of(daemonSet(NAMESPACE, "istio-cni-node", Map.of()), NAMESPACE))
        .hasValueSatisfying(conflict -> assertThat(conflict.bearable()).isTrue());
    assertThat(
            Conflict.of(
                new ServiceBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withName(MeshManifests.ALIAS)
                    .endMetadata()
                    .build()))
        .hasValueSatisfying(conflict -> assertThat(conflict.bearable()).isTrue());
  }

  @Test
  void otherDaemonSetsAreNoConflict() {
    assertThat(Conflict.of(daemonSet("kube-system", "kube-proxy", Map.of()), NAMESPACE)).isEmpty();
  }
}
