package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.cluster.TestNamespace;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.definition.CustomResourceDefinitions;
import dev.groundmesh.controller.leader.LeaseLeadership;
import dev.groundmesh.controller.leader.SoleReplica;
import dev.groundmesh.controller.metrics.MetricRegistry;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From objects on a real API server to resources, and back into the objects' status. */
@Tag("cluster")
@Timeout(120)
class ObjectsOnAServerTest {

  private static final LeaseLeadership.Settings ELECTION =
      new LeaseLeadership.Settings(
          Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofMillis(100));

  private final MetricRegistry metrics = new MetricRegistry();
  private TestNamespace namespace;
  private KubernetesSource source;
  private KubernetesStatuses statuses;
  private AddressAllocator addresses;
  private volatile CompiledResources world = CompiledResources.empty();

  @BeforeEach
  void start() throws Exception {
    namespace = new TestNamespace();
    for (String file : CustomResourceDefinitions.files().values()) {
      for (HasMetadata definition : load(file)) {
        if (namespace.client.resource(definition).get() == null) {
          namespace.client.resource(definition).create();
        }
      }
    }
    namespace
        .client
        .serviceAccounts()
        .inNamespace(namespace.name)
        .resource(
            new ServiceAccountBuilder().withNewMetadata().withName("app").endMetadata().build())
        .create();
    statuses =
        KubernetesStatuses.start(namespace.client, new SoleReplica(), metrics, Clock.systemUTC());
    addresses = AddressAllocator.start(namespace.client, new SoleReplica());
    MeshCompiler compiler =
        new MeshCompiler(
            CompileSettings.folderDefaults(),
            AutoAddresses.recorded(),
            (snapshot, delta) -> world = snapshot,
            statuses);
    source = KubernetesSource.open(namespace.client, WatchSettings.defaults(), metrics);
    source.start(
        changes -> {
          compiler.changed(changes);
          addresses.changed(changes);
        });
  }

  @AfterEach
  void stop() {
    source.close();
    addresses.close();
    statuses.close();
    namespace.close();
  }

  /** A mesh that is installed in the cluster refuses it at once; else it is stored. */
  @Test
  void aMisspeltFieldOfAPolicyNeverPassesInSilence() throws Exception {
    try {
      apply(
          """
          apiVersion: security.istio.io/v1
          kind: AuthorizationPolicy
          metadata: {name: misspelt}
          spec: {rules: [{form: [{source: {namespaces: [a]}}]}]}
          """);
    } catch (KubernetesClientException e) {
      assertThat(e).hasMessageContaining("spec.rules[0].form: unknown field");
      return;
    }

    TestNamespace.await(
        "status",
        () ->
            condition("AuthorizationPolicy", "misspelt", "groundmesh.dev/Valid")
                .contains("spec.rules[0].form: unknown field (expected: one of from, to, when)"));
    TestNamespace.await(
        "event",
        () ->
            namespace.client.v1().events().inNamespace(namespace.name).list().getItems().stream()
                .anyMatch(event -> event.getInvolvedObject().getName().equals("misspelt")));
    CompiledResource denies =
        Objects.requireNonNull(world.authorization(namespace.name + "/misspelt"));
    assertThat(
            dev.groundmesh.meshapi.proto.security.Authorization.parseFrom(denies.bytes())
                .getGroupsList())
        .isEmpty();
  }

  @Test
  void wrongTypesAndUnknownValuesAreRefusedByTheServer() {
    assertThatThrownBy(
            () ->
                apply(
                    """
                    apiVersion: security.istio.io/v1
                    kind: PeerAuthentication
                    metadata: {name: strong}
                    spec: {mtls: {mode: STRONG}}
                    """))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("spec.mtls.mode");
    assertThatThrownBy(
            () ->
                apply(
                    """
                    apiVersion: security.istio.io/v1
                    kind: AuthorizationPolicy
                    metadata: {name: number}
                    spec: {rules: [{to: [{operation: {ports: [80]}}]}]}
                    """))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("spec.rules[0].to[0].operation.ports[0]");
  }

  @Test
  void anAddressThatIsUsedAgainAtOnceIsTheNewPods() throws Exception {
    String address = address();
    pod("pod-0", address);
    for (int i = 1; i <= 10; i++) {
      namespace
          .client
          .pods()
          .inNamespace(namespace.name)
          .withName("pod-" + (i - 1))
          .withGracePeriod(0)
          .delete();
      pod("pod-" + i, address);
    }

    TestNamespace.await("the last pod alone", () -> at(address).equals(List.of(uid("pod-10"))));
  }

  @Test
  void aLabelThatFlipsTenTimesASecondEndsWhereItEnds() throws Exception {
    String address = address();
    pod("flips", address);
    for (int i = 0; i < 20; i++) {
      String mode = i % 2 == 0 ? "ambient" : "none";
      namespace
          .client
          .pods()
          .inNamespace(namespace.name)
          .withName("flips")
          .edit(
              pod ->
                  new PodBuilder(pod)
                      .editMetadata()
                      .addToLabels("istio.io/dataplane-mode", mode)
                      .addToLabels("round", "r" + mode.length())
                      .endMetadata()
                      .build());
      Thread.sleep(100);
    }

    TestNamespace.await("the workload", () -> at(address).equals(List.of(uid("flips"))));
    TestNamespace.await("no tunnel", () -> !tunnels("flips"));
  }

  @Test
  void automaticAddressesAreWrittenOnceAndReadByEveryReplica() throws Exception {
    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: entry}
        spec: {hosts: [auto.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
        """);
    String service = namespace.name + "/auto.example.com";
    TestNamespace.await(
        "addresses", () -> world.lookup(service).stream().anyMatch(r -> r.aliases().size() == 2));
    List<String> told = world.lookup(service).getFirst().aliases();

    source.close();
    world = CompiledResources.empty();
    source = KubernetesSource.open(namespace.client, WatchSettings.defaults(), metrics);
    source.start(
        new MeshCompiler(
            CompileSettings.folderDefaults(),
            AutoAddresses.recorded(),
            (snapshot, delta) -> world = snapshot,
            statuses));

    TestNamespace.await("the same", () -> !world.lookup(service).isEmpty());
    assertThat(world.lookup(service).getFirst().aliases()).isEqualTo(told);
  }

  @Test
  void ofTwoReplicasOneLeadsAndTheOtherTakesOver() throws Exception {
    try (LeaseLeadership b = elect("b")) {
      try (LeaseLeadership a = elect("a")) {
        TestNamespace.await("a leader", () -> a.isLeader() || b.isLeader());
        assertThat(a.isLeader() && b.isLeader()).isFalse();
      }
      TestNamespace.await("the other", b::isLeader);
    }
    assertThat(
            namespace
                .client
                .leases()
                .inNamespace(namespace.name)
                .withName("election")
                .get()
                .getSpec()
                .getHolderIdentity())
        .isNullOrEmpty();
  }

  private LeaseLeadership elect(String replica) {
    return LeaseLeadership.start(
        new KubernetesLease(namespace.client, namespace.name, "election"),
        replica,
        ELECTION,
        Clock.systemUTC(),
        System::nanoTime);
  }

  /** A pod that no scheduler and no kubelet touches. */
  private void pod(String name, String address) {
    namespace
        .client
        .pods()
        .inNamespace(namespace.name)
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withSchedulerName("nobody")
                .withServiceAccountName("app")
                .withAutomountServiceAccountToken(false)
                .addNewContainer()
                .withName("app")
                .withImage("app")
                .endContainer()
                .endSpec()
                .build())
        .create();
    namespace
        .client
        .pods()
        .inNamespace(namespace.name)
        .withName(name)
        .editStatus(
            pod ->
                new PodBuilder(pod)
                    .editOrNewStatus()
                    .withPhase("Running")
                    .withPodIP(address)
                    .addNewPodIP()
                    .withIp(address)
                    .endPodIP()
                    .endStatus()
                    .build());
  }

  /** One that pods of earlier runs, which may still be going, do not have. */
  private String address() {
    int hash = namespace.name.hashCode();
    return "10.254." + (hash >> 8 & 255) + '.' + (hash & 255);
  }

  private String uid(String pod) {
    return "Kubernetes//Pod/" + namespace.name + '/' + pod;
  }

  private List<String> at(String address) {
    return world.lookup("/" + address).stream().map(CompiledResource::name).toList();
  }

  private boolean tunnels(String pod) throws Exception {
    return dev.groundmesh.meshapi.proto.workload.Address.parseFrom(
                world.lookup(uid(pod)).getFirst().bytes())
            .getWorkload()
            .getTunnelProtocolValue()
        != 0;
  }

  private void apply(String manifest) {
    for (HasMetadata object : load(manifest)) {
      namespace.client.resource(object).inNamespace(namespace.name).create();
    }
  }

  private List<HasMetadata> load(String text) {
    return namespace
        .client
        .load(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))
        .items();
  }

  /** Reason and message of a condition; empty while there is none. */
  private String condition(String kind, String name, String type) {
    GenericKubernetesResource object =
        namespace
            .client
            .genericKubernetesResources("security.istio.io/v1", kind)
            .inNamespace(namespace.name)
            .withName(name)
            .get();
    return Serialization.asJson(object.getAdditionalProperties().getOrDefault("status", Map.of()))
            .contains(type)
        ? Serialization.asJson(object.getAdditionalProperties().get("status"))
        : "";
  }
}
