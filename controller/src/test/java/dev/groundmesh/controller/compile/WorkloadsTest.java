package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import dev.groundmesh.meshapi.proto.workload.NetworkMode;
import dev.groundmesh.meshapi.proto.workload.TunnelProtocol;
import dev.groundmesh.meshapi.proto.workload.Workload;
import dev.groundmesh.meshapi.proto.workload.WorkloadStatus;
import dev.groundmesh.meshapi.proto.workload.WorkloadType;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkloadsTest {

  private static final String SHOP =
      "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}}";
  private static final String WEB =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, namespace: shop, labels: {app: web, version: v2}}
      spec:
        nodeName: n1
        serviceAccountName: web
        containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]
      status: {podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}
      """;
  private static final String WEB_SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: shop}
      spec:
        clusterIP: 10.96.0.1
        selector: {app: web}
        ports: [{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: 9000}, {name: other, port: 82, targetPort: other}]
      """;

  @Test
  void aPodBecomesAWorkloadWithAllThatIsKnownOfIt() {
    TestMesh mesh =
        new TestMesh()
            .file("shop.yaml", SHOP)
            .file("service.yaml", WEB_SERVICE)
            .file(
                "node.yaml",
                "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z, topology.istio.io/subzone: s}}}")
            .file("web.yaml", WEB);

    Workload workload = mesh.pod("shop", "web");
    assertThat(workload.getName()).isEqualTo("web");
    assertThat(workload.getNamespace()).isEqualTo("shop");
    assertThat(TestMesh.ips(workload.getAddressesList())).containsExactly("10.0.0.1", "fd00::1");
    assertThat(workload.getTunnelProtocol()).isEqualTo(TunnelProtocol.HBONE);
    assertThat(workload.getTrustDomain()).isEmpty();
    assertThat(workload.getServiceAccount()).isEqualTo("web");
    assertThat(workload.getNode()).isEqualTo("n1");
    assertThat(workload.getCanonicalName()).isEqualTo("web");
    assertThat(workload.getCanonicalRevision()).isEqualTo("v2");
    assertThat(workload.getWorkloadType()).isEqualTo(WorkloadType.POD);
    assertThat(workload.getWorkloadName()).isEqualTo("web");
    assertThat(workload.getStatus()).isEqualTo(WorkloadStatus.HEALTHY);
    assertThat(workload.getClusterId()).isEqualTo("Kubernetes");
    assertThat(workload.getLocality().getRegion()).isEqualTo("r");
    assertThat(workload.getLocality().getZone()).isEqualTo("z");
    assertThat(workload.getLocality().getSubzone()).isEqualTo("s");
    assertThat(TestMesh.ports(workload))
        .isEqualTo(Map.of("shop/web.shop.svc.cluster.local", List.of("80->8080", "81->9000")));
    assertThat(mesh.snapshot().lookup("/10.0.0.1")).hasSize(1);
    assertThat(mesh.snapshot().lookup("/fd00::1")).hasSize(1);
  }

  @Test
  void onDemandAServicesAddressBringsItsWorkloads() {
    TestMesh mesh = new TestMesh().file("a.yaml", WEB_SERVICE).file("b.yaml", WEB);

    assertThat(mesh.snapshot().lookup("/10.96.0.1"))
        .extracting(CompiledResource::name)
        .containsExactly("shop/web.shop.svc.cluster.local", "Kubernetes//Pod/shop/web");
    assertThat(mesh.snapshot().lookup("/10.96.0.9")).isEmpty();
  }

  @Test
  void anotherTrustDomainIsTold() {
    CompileSettings defaults = CompileSettings.folderDefaults();
    TestMesh mesh =
        new TestMesh(
                new CompileSettings(
                    "c",
                    "net",
                    "example.org",
                    defaults.rootNamespace(),
                    defaults.clusterDomain(),
                    Set.of(),
                    true,
                    false,
                    true,
                    true,
                    false))
            .file("web.yaml", WEB);

    Workload workload = mesh.workload("c//Pod/shop/web");
    assertThat(workload.getTrustDomain()).isEqualTo("example.org");
    assertThat(workload.getNetwork()).isEqualTo("net");
    assertThat(mesh.snapshot().lookup("net/10.0.0.1")).hasSize(1);
  }

  /**
   * Label of the namespace, labels and annotations of the pod, host network; whether it is
   * enrolled.
   */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "shop, ambient, -,       -,                                        false, true",
        "shop, -,       -,       -,                                        false, false",
        "shop, none,    -,       -,                                        false, false",
        "shop, -,       ambient, -,                                        false, true",
        "shop, ambient, none,    -,                                        false, false",
        "shop, none,    ambient, -,                                        false, true",
        "shop, ambient, -,       -,                                        true,  false",
        "shop, ambient, ambient, 'sidecar.istio.io/status: \"{}\"',        false, false",
        "kube-system, ambient, ambient, -,                                 false, false"
      })
  void whoIsEnrolled(
      String namespace,
      String namespaceMode,
      String podMode,
      String annotation,
      boolean hostNetwork,
      boolean enrolled) {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                """
                apiVersion: v1
                kind: Namespace
                metadata: {name: %s, labels: {%s}}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: %s, labels: {%s}, annotations: {%s}}
                spec: {nodeName: n1, hostNetwork: %s}
                status: {podIP: 10.0.0.1}
                """
                    .formatted(
                        namespace,
                        namespaceMode == null ? "" : "istio.io/dataplane-mode: " + namespaceMode,
                        namespace,
                        podMode == null ? "" : "istio.io/dataplane-mode: " + podMode,
                        annotation == null ? "" : annotation,
                        hostNetwork));

    assertThat(mesh.enrolments("n1"))
        .extracting(PodEnrolment::getEnrolled)
        .isEqualTo(hostNetwork ? List.of() : List.of(enrolled));
    Workload workload = mesh.pod(namespace, "p");
    assertThat(workload.getTunnelProtocol())
        .isEqualTo(enrolled ? TunnelProtocol.HBONE : TunnelProtocol.NONE);
    assertThat(workload.getNetworkMode())
        .isEqualTo(hostNetwork ? NetworkMode.HOST_NETWORK : NetworkMode.STANDARD);
  }

  @Test
  void anEnrolmentHoldsWhatTheNodeNeeds() {
    TestMesh mesh =
        new TestMesh()
            .file("shop.yaml", SHOP)
            .file(
                "web.yaml",
                WEB.replace(
                    "labels: {app: web",
                    "annotations: {groundmesh.dev/netns: web-1, ambient.istio.io/bypass-inbound-capture: \"true\", ambient.istio.io/dns-capture: \"false\", istio.io/reroute-virtual-interfaces: \"tap0, tap1\"}, labels: {app: web"));

    PodEnrolment enrolment = mesh.enrolments("n1").getFirst();
    assertThat(enrolment.getWorkloadUid()).isEqualTo("Kubernetes//Pod/shop/web");
    assertThat(enrolment.getServiceAccount()).isEqualTo("web");
    assertThat(enrolment.getRuntimeId()).isEqualTo("web-1");
    assertThat(TestMesh.ips(enrolment.getAddressesList())).containsExactly("10.0.0.1", "fd00::1");
    assertThat(enrolment.getBypassInboundCapture()).isTrue();
    assertThat(enrolment.getDnsCapture()).isEqualTo(PodEnrolment.DnsCapture.OFF);
    assertThat(enrolment.getRerouteVirtualInterfacesList()).containsExactly("tap0", "tap1");
    assertThat(mesh.enrolments("n2")).isEmpty();
  }

  @Test
  void withoutAnAnnotationTheNetnsIsNamedAfterThePod() {
    TestMesh mesh = new TestMesh().file("shop.yaml", SHOP).file("web.yaml", WEB);

    assertThat(mesh.enrolments("n1").getFirst().getRuntimeId()).isEqualTo("shop-web");
  }

  @Test
  void aMistakenAnnotationIsToldAndTheDefaultApplies() {
    TestMesh mesh =
        new TestMesh()
            .file("shop.yaml", SHOP)
            .file(
                "web.yaml",
                WEB.replace(
                    "labels: {app: web",
                    "annotations: {ambient.istio.io/bypass-inbound-capture: \"yep\"}, labels: {app: web"));

    assertThat(mesh.enrolments("n1").getFirst().getBypassInboundCapture()).isFalse();
    assertThat(mesh.conditionOf("Pod", "shop", "web", "groundmesh.dev/EnrolmentSettings").message())
        .isEqualTo(
            "metadata.annotations[ambient.istio.io/bypass-inbound-capture]: yep (expected: true or false)");
  }

  @Test
  void labellingANamespaceEnrolsItsPodsAndUnlabellingReleasesThem() {
    TestMesh mesh =
        new TestMesh()
            .file("web.yaml", WEB)
            .file("shop.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    assertThat(mesh.enrolments("n1").getFirst().getEnrolled()).isFalse();
    assertThat(mesh.ambientNamespaces()).isEqualTo(Map.of("shop", false));

    mesh.file("shop.yaml", SHOP);
    assertThat(mesh.enrolments("n1").getFirst().getEnrolled()).isTrue();
    assertThat(mesh.ambientNamespaces()).isEqualTo(Map.of("shop", true));
    mesh.delete("shop.yaml");
    assertThat(mesh.enrolments("n1").getFirst().getEnrolled()).isFalse();
    assertThat(mesh.ambientNamespaces()).isEmpty();
  }

  @Test
  void aPodThatIsDeletedIsNoLongerItsNodes() {
    TestMesh mesh = new TestMesh().file("shop.yaml", SHOP).file("web.yaml", WEB);
    mesh.delete("web.yaml");

    assertThat(mesh.enrolments("n1")).isEmpty();
    assertThat(mesh.lastDelta().removed())
        .extracting(CompiledResource::type)
        .contains(ResourceType.POD_ENROLMENT);
  }

  @Test
  void aPodThatIsBeingBornIsItsNodesBeforeItHasAnAddress() {
    TestMesh mesh =
        new TestMesh()
            .file("shop.yaml", SHOP)
            .file("web.yaml", WEB.replaceAll("status: .*", "status: {phase: Pending}"));

    assertThat(mesh.enrolments("n1").getFirst().getEnrolled()).isTrue();
    assertThat(mesh.enrolments("n1").getFirst().getAddressesList()).isEmpty();
  }

  @Test
  void theMirrorOfAStaticPodIsFoundByTheIdThatItsNodeGaveIt() {
    TestMesh mesh =
        new TestMesh()
            .file("shop.yaml", SHOP)
            .file(
                "web.yaml",
                WEB.replace(
                    "labels: {app: web",
                    "uid: of-the-mirror, annotations: {kubernetes.io/config.mirror: abc, kubernetes.io/config.hash: abc}, labels: {app: web"));

    assertThat(mesh.enrolments("n1").getFirst().getRuntimeId()).isEqualTo("abc");
  }

  @Test
  void anExcludedNamespaceIsNotAmbientWhateverItsLabels() {
    TestMesh mesh =
        new TestMesh().file("shop.yaml", SHOP.replace("name: shop", "name: kube-system"));

    assertThat(mesh.ambientNamespaces()).isEqualTo(Map.of("kube-system", false));
  }

  @Test
  void onKubernetesAPodSpeaksHboneWhileItIsEnrolledAndRedirected() {
    TestMesh mesh =
        new TestMesh(TestMesh.settings(true, true)).file("shop.yaml", SHOP).file("web.yaml", WEB);
    assertThat(mesh.pod("shop", "web").getTunnelProtocol()).isEqualTo(TunnelProtocol.NONE);

    mesh.file(
        "web.yaml",
        WEB.replace(
            "labels: {app: web",
            "annotations: {ambient.istio.io/redirection: enabled}, labels: {app: web"));
    assertThat(mesh.pod("shop", "web").getTunnelProtocol()).isEqualTo(TunnelProtocol.HBONE);

    mesh.delete("shop.yaml");
    assertThat(mesh.pod("shop", "web").getTunnelProtocol()).isEqualTo(TunnelProtocol.NONE);
  }

  @Test
  void aPodThatMovesLeavesItsOldNode() {
    TestMesh mesh = new TestMesh().file("shop.yaml", SHOP).file("web.yaml", WEB);
    mesh.file("web.yaml", WEB.replace("nodeName: n1", "nodeName: n2"));

    assertThat(mesh.enrolments("n1")).isEmpty();
    assertThat(mesh.enrolments("n2")).hasSize(1);
    assertThat(mesh.snapshot().pods("n1").runs("shop", "web")).isFalse();
    assertThat(mesh.snapshot().pods("n2").runs("shop", "web")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'podIP: 10.0.0.1, conditions: [{type: Ready, status: \"False\"}]', UNHEALTHY",
    "'podIP: 10.0.0.1, conditions: [{type: Ready, status: \"True\"}]', HEALTHY",
    "'podIP: 10.0.0.1, conditions: []', UNHEALTHY",
    "'podIP: 10.0.0.1', HEALTHY",
    "'podIP: 10.0.0.1, phase: Succeeded', gone",
    "'podIP: 10.0.0.1, phase: Failed', gone",
    "'phase: Pending', gone"
  })
  void aPodsStatusDecidesItsHealth(String status, String health) {
    TestMesh mesh =
        new TestMesh().file("web.yaml", WEB.replaceAll("status: .*", "status: {" + status + "}"));

    if (health.equals("gone")) {
      assertThat(mesh.snapshot().addresses()).isEmpty();
    } else {
      assertThat(mesh.pod("shop", "web").getStatus()).hasToString(health);
    }
  }

  @Test
  void aNativeTunnelIsTold() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "web.yaml",
                WEB.replace("{app: web", "{networking.istio.io/tunnel: http, app: web"));

    assertThat(mesh.pod("shop", "web").getNativeTunnel()).isTrue();
    assertThat(mesh.pod("shop", "web").getTunnelProtocol()).isEqualTo(TunnelProtocol.HBONE);
  }

  @Test
  void aWorkloadEntryIsAWorkloadOfTheServicesThatSelectIt() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: db, namespace: shop}
                spec:
                  hosts: [db.example.org]
                  resolution: STATIC
                  ports: [{number: 3306, name: mysql, protocol: TCP}, {number: 80, name: http, protocol: HTTP, targetPort: 8000}]
                  workloadSelector: {labels: {app: db}}
                ---
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: vm, namespace: shop}
                spec: {address: 192.168.0.1, labels: {app: db}, ports: {mysql: 33060}, locality: r/z/s, weight: 7, serviceAccount: db, network: other}
                """);

    Workload workload = mesh.workload("Kubernetes/networking.istio.io/WorkloadEntry/shop/vm");
    assertThat(TestMesh.ips(workload.getAddressesList())).containsExactly("192.168.0.1");
    assertThat(TestMesh.ports(workload))
        .isEqualTo(Map.of("shop/db.example.org", List.of("3306->33060", "80->8000")));
    assertThat(workload.getCapacity().getValue()).isEqualTo(7);
    assertThat(workload.getLocality().getZone()).isEqualTo("z");
    assertThat(workload.getNetwork()).isEqualTo("other");
    assertThat(workload.getServiceAccount()).isEqualTo("db");
    assertThat(workload.getCanonicalName()).isEqualTo("db");
  }

  @Test
  void sliceAddressesWithoutAPodAreSharedWorkloads() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "a.yaml",
                """
                apiVersion: v1
                kind: Service
                metadata: {name: legacy, namespace: shop}
                spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: legacy-1, namespace: shop, labels: {kubernetes.io/service-name: legacy}}
                addressType: IPv4
                ports: [{name: http, port: 8081, protocol: TCP}]
                endpoints:
                - addresses: [172.16.0.1]
                  conditions: {ready: false}
                - addresses: [10.0.0.1]
                  targetRef: {kind: Pod, name: web, namespace: shop}
                """)
            .file("web.yaml", WEB);

    Workload outside =
        mesh.workload("Kubernetes/discovery.k8s.io/EndpointSlice/shop/legacy-1/172.16.0.1");
    assertThat(outside.getNetworkMode()).isEqualTo(NetworkMode.HOST_NETWORK);
    assertThat(outside.getStatus()).isEqualTo(WorkloadStatus.UNHEALTHY);
    assertThat(TestMesh.ports(outside))
        .isEqualTo(Map.of("shop/legacy.shop.svc.cluster.local", List.of("80->8081")));
    assertThat(TestMesh.ports(mesh.pod("shop", "web")))
        .isEqualTo(Map.of("shop/legacy.shop.svc.cluster.local", List.of("80->80")));
  }

  @Test
  void theOrderInWhichObjectsComeDoesNotMatter() {
    TestMesh one =
        new TestMesh().file("a.yaml", SHOP).file("b.yaml", WEB_SERVICE).file("c.yaml", WEB);
    TestMesh other =
        new TestMesh().file("c.yaml", WEB).file("b.yaml", WEB_SERVICE).file("a.yaml", SHOP);

    assertThat(versions(one)).isEqualTo(versions(other));
  }

  private static Map<String, String> versions(TestMesh mesh) {
    Map<String, String> versions = new TreeMap<>();
    mesh.snapshot().addresses().forEach(r -> versions.put(r.name(), r.version()));
    mesh.snapshot()
        .enrolments("n1")
        .forEach(r -> versions.put(r.name() + " enrolment", r.version()));
    return versions;
  }
}
