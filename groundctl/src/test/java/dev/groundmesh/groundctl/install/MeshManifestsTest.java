package dev.groundmesh.groundctl.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.groundctl.mesh.ClusterAccess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MeshManifestsTest {
  private static final InstallSettings OTHERWISE =
      new InstallSettings(
          "mesh",
          "registry.example.com/ours/",
          "1.2.3",
          3,
          "example.org",
          "west",
          "net-1",
          "open",
          List.of("kube-system", "monitoring"),
          false);

  @Test
  void defaultsChangeNothingButWhoManages() {
    String rendered =
        MeshManifests.objects(InstallSettings.DEFAULTS).stream()
            .map(MeshManifests::yaml)
            .collect(Collectors.joining());

    assertThat(rendered).contains("https://groundmesh-controller.istio-system.svc:15012");
    assertThat(environment(agent(InstallSettings.DEFAULTS)))
        .containsEntry("GROUNDMESH_FAIL_MODE", "closed")
        .containsEntry("CLUSTER_ID", "Kubernetes")
        .containsEntry("GROUNDMESH_CNI_EXCLUDED_NAMESPACES", "kube-system,istio-system");
    assertThat(controller(InstallSettings.DEFAULTS).getSpec().getReplicas()).isEqualTo(2);
  }

  @Test
  void anotherNamespaceIsPutWhereverOneIsNamed() {
    String rendered =
        MeshManifests.objects(OTHERWISE).stream()
            .map(MeshManifests::yaml)
            .collect(Collectors.joining("\n"));

    assertThat(rendered).doesNotContain("istio-system").contains("namespace: \"mesh\"");
  }

  @Test
  void everySettingReachesItsPlace() {
    assertThat(environment(agent(OTHERWISE)))
        .containsEntry("GROUNDMESH_FAIL_MODE", "open")
        .containsEntry("CLUSTER_ID", "west")
        .containsEntry("NETWORK", "net-1")
        .containsEntry("XDS_ADDRESS", "https://groundmesh-controller.mesh.svc:15012");
    Deployment controller = controller(OTHERWISE);
    assertThat(environment(controller.getSpec().getTemplate().getSpec().getContainers()))
        .containsEntry("TRUST_DOMAIN", "example.org")
        .containsEntry("ROOT_NAMESPACE", "mesh")
        .containsEntry("CA_TRUSTED_NODE_ACCOUNTS", "mesh/groundmesh-agent,mesh/ztunnel")
        .containsEntry("GROUNDMESH_EXCLUDED_NAMESPACES", "kube-system,monitoring,mesh");
    assertThat(controller.getSpec().getReplicas()).isEqualTo(3);
    assertThat(controller.getSpec().getTemplate().getSpec().getContainers())
        .extracting(Container::getImage)
        .containsExactly("registry.example.com/ours/groundmesh/controller:1.2.3");
  }

  @Test
  void besideAnIstioNothingHasItsNamesOrItsLabels() {
    InstallSettings beside = InstallSettings.DEFAULTS.besideIstio(true);
    List<HasMetadata> objects = MeshManifests.objects(beside);

    assertThat(objects)
        .extracting(object -> object.getMetadata().getName())
        .doesNotContain("istiod");
    assertThat(objects)
        .extracting(MeshManifests::yaml)
        .noneMatch(yaml -> yaml.contains("istio-ca-root-cert"))
        .anyMatch(yaml -> yaml.contains("name: \"groundmesh-ca-root-cert\""));
    assertThat(controller(beside).getSpec().getTemplate().getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/name", "groundmesh-controller")
        .doesNotContainKeys("app", "istio");
    assertThat(environment(controller(beside).getSpec().getTemplate().getSpec().getContainers()))
        .containsEntry("GROUNDMESH_ROOT_CONFIG_MAP", "groundmesh-ca-root-cert");
  }

  @Test
  void everyObjectSaysWhoseItIsSoThatAnUninstallKnowsIt() {
    assertThat(MeshManifests.objects(InstallSettings.DEFAULTS))
        .filteredOn(object -> !(object instanceof Namespace))
        .allMatch(MeshManifests::isOurs);
  }

  @Test
  void anUpgradeKnowsThatIstioIsBeside() {
    InstallSettings beside = InstallSettings.DEFAULTS.besideIstio(true);

    assertThat(InstallSettings.fromJson("istio-system", beside.toJson())).isEqualTo(beside);
    assertThat(InstallSettings.fromJson("istio-system", "{}")).isEqualTo(InstallSettings.DEFAULTS);
  }

  @Test
  void aControllerThatCannotSignYetIsNotRestartedForIt() {
    Container controller =
        controller(InstallSettings.DEFAULTS)
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst();
    assertThat(controller.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/ready");
    assertThat(controller.getStartupProbe().getHttpGet()).isNull();
    assertThat(controller.getLivenessProbe().getHttpGet()).isNull();
  }

  @Test
  void settingsAreReadBackFromTheAnnotation() {
    assertThat(InstallSettings.fromJson("mesh", OTHERWISE.toJson())).isEqualTo(OTHERWISE);
  }

  @Test
  void aBrokenAnnotationMeansTheDefaults() {
    assertThat(InstallSettings.fromJson("istio-system", "{")).isEqualTo(InstallSettings.DEFAULTS);
  }

  @Test
  void theAgentHasNoRightsInTheCluster() {
    assertThat(MeshManifests.objects(InstallSettings.DEFAULTS))
        .filteredOn(object -> object.getKind().endsWith("Binding"))
        .extracting(MeshManifests::yaml)
        .noneMatch(binding -> binding.contains(ClusterAccess.AGENT));
  }

  private static Deployment controller(InstallSettings settings) {
    return of(settings, Deployment.class);
  }

  private static List<Container> agent(InstallSettings settings) {
    return of(settings, DaemonSet.class).getSpec().getTemplate().getSpec().getContainers();
  }

  private static <T extends HasMetadata> T of(InstallSettings settings, Class<T> kind) {
    return MeshManifests.objects(settings).stream()
        .filter(kind::isInstance)
        .map(kind::cast)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> environment(List<Container> containers) {
    return containers.stream()
        .flatMap(container -> container.getEnv().stream())
        .filter(variable -> variable.getValue() != null)
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }
}
