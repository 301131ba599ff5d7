package dev.groundmesh.groundctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.check.CheckResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterCheckTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private String version = "v1.35.8";
  private final List<JsonNode> nodes = new ArrayList<>();
  private final List<JsonNode> namespaces = new ArrayList<>();
  private final List<JsonNode> daemonSets = new ArrayList<>();
  private final List<JsonNode> deployments = new ArrayList<>();
  private final List<JsonNode> webhooks = new ArrayList<>();
  private final List<JsonNode> pods = new ArrayList<>();
  private final List<JsonNode> felix = new ArrayList<>();
  private Map<String, String> cilium = Map.of();
  private Map<String, Set<String>> groups = Map.of();
  private Map<String, List<String>> missing = Map.of();
  private Optional<Map<String, JsonNode>> agents = Optional.empty();
  private List<String> pending = List.of();

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static JsonNode node(String kernel, String architecture, String runtime) {
    return json(
        """
        {'metadata': {'name': 'n1'}, 'status': {
          'nodeInfo': {'kernelVersion': '%s', 'operatingSystem': 'linux', 'architecture': '%s',
                       'containerRuntimeVersion': '%s'},
          'conditions': [{'type': 'Ready', 'status': 'True', 'message': 'ok'}]}}
        """
            .formatted(kernel, architecture, runtime));
  }

  private static JsonNode workload(String name, String image, int wanted, int ready) {
    return json(
        """
        {'metadata': {'name': '%s', 'namespace': 'istio-system'},
         'spec': {'replicas': %d, 'template': {'spec': {'containers': [{'image': '%s'}]}}},
         'status': {'readyReplicas': %d, 'numberReady': %d, 'desiredNumberScheduled': %d,
                    'updatedNumberScheduled': %d}}
        """
            .formatted(name, wanted, image, ready, ready, wanted, wanted));
  }

  private List<CheckResult> run() {
    return ClusterCheck.run(
        new ClusterFacts(
            version,
            "istio-system",
            nodes,
            namespaces,
            daemonSets,
            deployments,
            webhooks,
            pods,
            cilium,
            felix,
            groups,
            missing,
            agents,
            pending,
            List.of()));
  }

  private CheckResult result(String name) {
    return run().stream().filter(result -> result.name().equals(name)).findFirst().orElseThrow();
  }

  private void install() {
    deployments.add(workload("groundmesh-controller", "groundmesh/controller:0.1.0", 1, 1));
    daemonSets.add(workload("groundmesh-agent", "groundmesh/agent:0.1.0", 1, 1));
    pods.add(
        json(
            """
            {'metadata': {'name': 'a', 'ownerReferences': [{'kind': 'DaemonSet', 'name': 'groundmesh-agent'}]},
             'spec': {'nodeName': 'n1'}}
            """));
    agents =
        Optional.of(
            Map.of(
                "c",
                json(
                    "{'agents': [{'node': 'n1', 'types': [{'lagMillis': 3, 'refuses': false, 'lastNack': null}]}]}")));
  }

  @Test
  void modernNodeIsFit() {
    nodes.add(node("6.18.44", "amd64", "containerd://2.1.0"));

    assertThat(run()).extracting(CheckResult::outcome).containsOnly(Outcome.OK);
  }

  @Test
  void oldKernelIsNotFit() {
    nodes.add(node("5.4.0-150-generic", "amd64", "containerd://1.7.0"));

    assertThat(result("kernel").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result("kernel").remedy()).contains("5.15");
  }

  @Test
  void otherArchitectureOrRuntimeIsNotFit() {
    nodes.add(node("6.1.0", "arm64", "cri-o://1.30.0"));

    assertThat(result("architecture").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result("container runtime").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void nodeWithoutCniIsToldAsSuch() {
    nodes.add(
        json(
            """
            {'metadata': {'name': 'n1'}, 'status': {'nodeInfo': {}, 'conditions': [{'type': 'Ready',
             'status': 'False', 'message': 'Network plugin returns error: cni plugin not initialized'}]}}
            """));

    assertThat(result("node ready").remedy()).contains("/etc/cni/net.d");
  }

  @Test
  void oldApiServerIsDoubtful() {
    version = "v1.24.3";

    assertThat(result("kubernetes").outcome()).isEqualTo(Outcome.DOUBTFUL);
  }

  @Test
  void ciliumThatReplacesAddressesInPodsIsAConflict() {
    daemonSets.add(workload("cilium", "cilium", 1, 1));
    cilium = Map.of("kube-proxy-replacement", "true", "cni-exclusive", "false");

    assertThat(result("cilium socket load balancing").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result("cilium exclusive cni").outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void ciliumThatReplacesAddressesInTheHostOnlyIsFit() {
    daemonSets.add(workload("cilium", "cilium", 1, 1));
    cilium = Map.of("bpf-lb-sock", "true", "bpf-lb-sock-hostns-only", "true");

    assertThat(result("cilium socket load balancing").outcome()).isEqualTo(Outcome.OK);
    assertThat(result("cilium exclusive cni").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void calicoThatReplacesAddressesAtConnectIsAConflict() {
    felix.add(json("{'metadata': {'name': 'default'}, 'spec': {'bpfEnabled': true}}"));

    assertThat(result("calico connect-time load balancing").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void otherMeshesAreConflicts() {
    daemonSets.add(workload("ztunnel", "ztunnel", 1, 1));

    assertThat(result("other meshes").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void aWebhookOfAnIstiodThatIsGoneIsFound() {
    webhooks.add(webhook("istiod-default-validator", "istiod"));

    assertThat(result("other meshes").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result("other meshes").found()).contains("istio-system/istiod");
    assertThat(result("other meshes").remedy())
        .isEqualTo("kubectl delete validatingwebhookconfiguration istiod-default-validator");
  }

  @Test
  void webhooksOfOthersAndOfAnIstiodThatIsThereAreNoConflicts() {
    webhooks.add(webhook("istio-validator", "istiod-canary"));
    webhooks.add(webhook("groundmesh-controller", "groundmesh-controller"));
    deployments.add(workload("istiod-canary", "pilot", 1, 1));

    assertThat(run()).noneMatch(result -> result.outcome() == Outcome.FAILED);
  }

  private static JsonNode webhook(String name, String service) {
    return json(
        """
        {'kind': 'ValidatingWebhookConfiguration', 'metadata': {'name': '%s'},
         'webhooks': [{'failurePolicy': 'Fail',
         'clientConfig': {'service': {'name': '%s', 'namespace': 'istio-system'}}}]}
        """
            .formatted(name, service));
  }

  @Test
  void podSecurityThatRefusesAgentsIsFound() {
    namespaces.add(
        json(
            """
            {'metadata': {'name': 'istio-system',
             'labels': {'pod-security.kubernetes.io/enforce': 'restricted'}}}
            """));

    assertThat(result("pod security").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void apisOfUnknownVersionsOnlyAreFound() {
    groups = Map.of("security.istio.io", Set.of("v1alpha1"));

    CheckResult result =
        run().stream()
            .filter(each -> each.subject().equals("security.istio.io"))
            .findFirst()
            .orElseThrow();
    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.remedy()).isEqualTo("serve one of v1, v1beta1");
  }

  @Test
  void missingRightsAreNamed() {
    missing = Map.of("install", List.of("create daemonsets"));

    assertThat(result("rights").found()).isEqualTo("missing: create daemonsets");
  }

  @Test
  void meshInOrderIsSaidToBe() {
    nodes.add(node("6.18.44", "amd64", "containerd://2.1.0"));
    groups = Map.of("security.istio.io", Set.of("v1"), "networking.istio.io", Set.of("v1"));
    install();

    assertThat(run()).extracting(CheckResult::outcome).containsOnly(Outcome.OK);
    assertThat(result("agents connected").found()).isEqualTo("3 ms behind");
  }

  @Test
  void nodeWithoutAgentIsFound() {
    nodes.add(node("6.18.44", "amd64", "containerd://2.1.0"));
    install();
    pods.clear();

    assertThat(result("agent of the node").outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void agentThatIsNotConnectedIsFound() {
    nodes.add(node("6.18.44", "amd64", "containerd://2.1.0"));
    install();
    agents = Optional.of(Map.of("c", json("{'agents': []}")));

    assertThat(result("agents connected").remedy()).contains("CONTROL_PLANE_UNREACHABLE");
  }

  @Test
  void agentThatRefusesItsConfigurationIsFound() {
    nodes.add(node("6.18.44", "amd64", "containerd://2.1.0"));
    install();
    agents =
        Optional.of(
            Map.of(
                "c",
                json(
                    "{'agents': [{'node': 'n1', 'types': [{'lagMillis': 0, 'refuses': true, 'lastNack': 'bad'}]}]}")));

    assertThat(result("agents connected").found()).isEqualTo("bad");
  }

  @Test
  void differentVersionsAreDoubtful() {
    install();
    daemonSets.set(0, workload("groundmesh-agent", "groundmesh/agent:0.0.9", 1, 1));

    assertThat(result("versions").outcome()).isEqualTo(Outcome.DOUBTFUL);
    assertThat(result("versions").found()).isEqualTo("controller 0.1.0, agents 0.0.9");
  }

  @Test
  void podThatIsNotCapturedIsFound() {
    install();
    pending = List.of("shop/catalog");

    assertThat(result("pods captured").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result("pods captured").found()).isEqualTo("1 pending: shop/catalog");
  }

  @Test
  void controllerThatIsNotReadyIsFound() {
    install();
    deployments.set(0, workload("groundmesh-controller", "groundmesh/controller:0.1.0", 2, 1));

    assertThat(result("controller").found()).startsWith("1 of 2 ready");
    assertThat(result("controller").outcome()).isEqualTo(Outcome.FAILED);
  }
}
