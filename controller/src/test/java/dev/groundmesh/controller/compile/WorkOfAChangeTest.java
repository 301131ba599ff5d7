package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a change costs, counted in things compiled and looked at: its reach, not the size of the
 * mesh.
 */
class WorkOfAChangeTest {

  private final SyntheticMesh big = new SyntheticMesh(40, 10, 10, 80);
  private final TestMesh mesh = new TestMesh();
  private CompileWork before = new CompileWork(0, 0, 0, 0);

  @BeforeEach
  void load() {
    mesh.changed(big.all());
    assertThat(mesh.snapshot().addresses()).hasSize(4_400);
    before = mesh.work();
  }

  @Test
  void aPodThatBecomesUnreadyIsOneWorkload() {
    mesh.put(big.pod(7, 3, 1, false));

    assertThat(mesh.work().since(before)).isEqualTo(new CompileWork(1, 0, 0, 0));
    assertThat(mesh.lastUpdated()).containsExactly("Kubernetes//Pod/ns-7/svc-3-1");
  }

  @Test
  void anUnchangedPodIsCompiledAndNotSent() {
    mesh.put(big.pod(7, 3, 1, true));

    assertThat(mesh.work().since(before)).isEqualTo(new CompileWork(1, 0, 0, 0));
    assertThat(mesh.lastDelta().isEmpty()).isTrue();
  }

  @Test
  void aServicesPortsReachItsOwnPodsOnly() {
    Service service = big.service(7, 3);
    mesh.put(
        new Service(
            service.metadata(),
            false,
            service.selector(),
            false,
            service.clusterIps(),
            List.of(new Service.Port("http", "TCP", "", 81, 0, "http")),
            false,
            "",
            false,
            List.of()));

    CompileWork work = mesh.work().since(before);
    assertThat(work.workloads()).isEqualTo(10);
    assertThat(work.services()).isEqualTo(1);
    assertThat(work.scanned()).isLessThanOrEqualTo(2 * 100);
    assertThat(mesh.lastDelta().updated()).hasSize(11);
  }

  @Test
  void aServicesOwnSettingsReachNoPod() {
    Service service = big.service(7, 3);
    mesh.put(
        new Service(
            service.metadata(),
            false,
            service.selector(),
            false,
            service.clusterIps(),
            service.ports(),
            false,
            "PreferClose",
            false,
            List.of()));

    assertThat(mesh.work().since(before)).isEqualTo(new CompileWork(0, 1, 0, 0));
  }

  @Test
  void aNamespacesLabelsReachWhatIsInIt() {
    mesh.put(new Namespace(Metadata.named("", "ns-7", Map.of())));

    CompileWork work = mesh.work().since(before);
    assertThat(work.workloads()).isEqualTo(100);
    assertThat(work.services()).isEqualTo(10);
    assertThat(work.scanned()).isEqualTo(100);
    assertThat(mesh.lastDelta().updated())
        .extracting(CompiledResource::type)
        .filteredOn(type -> type != ResourceType.NAMESPACE_ENROLMENT)
        .hasSize(200)
        .containsOnly(ResourceType.ADDRESS, ResourceType.POD_ENROLMENT);
    assertThat(mesh.lastDelta().removed()).isEmpty();
  }

  @Test
  void aNodesZoneReachesItsPods() {
    mesh.put(
        new Node(Metadata.named("", "node-7", Map.of("topology.kubernetes.io/zone", "elsewhere"))));

    assertThat(mesh.work().since(before)).isEqualTo(new CompileWork(50, 0, 0, 0));
  }

  @Test
  void aPolicyReachesWhatItSelects() {
    mesh.put(
        new AuthorizationPolicy(
            Metadata.named("ns-7", "p", Map.of()),
            Map.of("app", "svc-3"),
            List.of(),
            AuthorizationPolicy.Action.ALLOW,
            List.of()));

    CompileWork work = mesh.work().since(before);
    assertThat(work.workloads()).isEqualTo(10);
    assertThat(work.policies()).isEqualTo(1);
    assertThat(work.scanned()).isEqualTo(100);
  }

  @Test
  void aSnapshotStaysAsItWas() {
    CompiledResources old = mesh.snapshot();
    String version = old.lookup("Kubernetes//Pod/ns-7/svc-3-1").getFirst().version();

    mesh.put(big.pod(7, 3, 1, false));

    assertThat(old.lookup("Kubernetes//Pod/ns-7/svc-3-1").getFirst().version()).isEqualTo(version);
    assertThat(mesh.snapshot().lookup("Kubernetes//Pod/ns-7/svc-3-1").getFirst().version())
        .isNotEqualTo(version);
    assertThat(mesh.snapshot().revision()).isEqualTo(old.revision() + 1);
  }
}
