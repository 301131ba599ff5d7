package dev.groundmesh.groundctl.check;

import static dev.groundmesh.groundctl.check.ObjectFields.name;
import static dev.groundmesh.groundctl.check.ObjectFields.named;
import static dev.groundmesh.groundctl.check.ObjectFields.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a cluster is fit for the mesh: versions, nodes, what else is installed, rights. Pure. */
final class FitnessCheck {
  /** What the chart asks for too: AppArmor profiles as fields, tokens that name their node. */
  private static final int OLDEST_MINOR = 30;

  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+).*");
  private static final Map<String, Set<String>> USED_GROUPS =
      new TreeMap<>(
          Map.of(
              "security.istio.io", Set.of("v1", "v1beta1"),
              "networking.istio.io", Set.of("v1", "v1beta1", "v1alpha3"),
              "gateway.networking.k8s.io", Set.of("v1", "v1beta1")));

  private final ClusterFacts facts;
  private final List<CheckResult> results = new ArrayList<>();

  private FitnessCheck(ClusterFacts facts) {
    this.facts = facts;
  }

  static List<CheckResult> run(ClusterFacts facts) {
    FitnessCheck check = new FitnessCheck(facts);
    check.server();
    facts.nodes().forEach(check::node);
    check.cilium();
    check.calico();
    check.otherMeshes();
    check.podSecurity();
    check.apis();
    check.rights();
    return check.results;
  }

  private void server() {
    Matcher version = VERSION.matcher(facts.version());
    boolean recent =
        version.matches()
            && (Integer.parseInt(version.group(1)) > 1
                || Integer.parseInt(version.group(2)) >= OLDEST_MINOR);
    results.add(
        recent
            ? CheckResult.ok("kubernetes", "", facts.version())
            : CheckResult.doubtful(
                "kubernetes",
                "",
                facts.version(),
                "run 1." + OLDEST_MINOR + " or later, which is what this is made for"));
  }

  private void node(JsonNode node) {
    String name = name(node);
    JsonNode info = node.path("status").path("nodeInfo");
    String kernel = info.path("kernelVersion").asText();
    results.add(
        isAtLeast(kernel, 5, 15)
            ? CheckResult.ok("kernel", name, kernel)
            : CheckResult.failed("kernel", name, kernel, "run a kernel of version 5.15 or later"));
    String system =
        info.path("operatingSystem").asText() + '/' + info.path("architecture").asText();
    results.add(
        system.equals("linux/amd64")
            ? CheckResult.ok("architecture", name, system)
            : CheckResult.failed(
                "architecture",
                name,
                system,
                "keep the agent and pods of the mesh off this node: its images are for linux/amd64"));
    String runtime = info.path("containerRuntimeVersion").asText();
    results.add(
        runtime.startsWith("containerd://")
            ? CheckResult.ok("container runtime", name, runtime)
            : CheckResult.failed(
                "container runtime",
                name,
                runtime,
                "run containerd: pods are found by what it keeps of them"));
    ready(node, name);
  }

  private void ready(JsonNode node, String name) {
    for (JsonNode condition : node.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        String message = condition.path("message").asText();
        if (condition.path("status").asText().equals("True")) {
          results.add(CheckResult.ok("node ready", name, "Ready"));
        } else if (message.contains("cni") || message.contains("NetworkPlugin")) {
          results.add(
              CheckResult.failed(
                  "node ready",
                  name,
                  message,
                  "install a CNI plugin, or look for its file in /etc/cni/net.d: the mesh's is"
                      + " chained behind it"));
        } else {
          results.add(
              CheckResult.failed("node ready", name, message, "see kubectl describe node " + name));
        }
      }
    }
  }

  private static boolean isAtLeast(String version, int major, int minor) {
    Matcher parts = VERSION.matcher(version);
    if (!parts.matches()) {
      return false;
    }
    int itsMajor = Integer.parseInt(parts.group(1));
    return itsMajor > major || (itsMajor == major && Integer.parseInt(parts.group(2)) >= minor);
  }

  private void cilium() {
    if (named(facts.daemonSets(), "cilium").isEmpty()) {
      return;
    }
    Map<String, String> config = facts.ciliumConfig();
    boolean socket =
        "true".equals(config.get("bpf-lb-sock"))
            || "true".equals(config.get("kube-proxy-replacement"))
            || "strict".equals(config.get("kube-proxy-replacement"));
    boolean hostsOnly = "true".equals(config.get("bpf-lb-sock-hostns-only"));
    results.add(
        socket && !hostsOnly
            ? CheckResult.failed(
                "cilium socket load balancing",
                "",
                "in pods too: addresses of Services are replaced before the mesh sees them",
                "set socketLB.hostNamespaceOnly=true in Cilium's values")
            : CheckResult.ok(
                "cilium socket load balancing", "", hostsOnly ? "in the host only" : "off"));
    boolean exclusive = !"false".equals(config.get("cni-exclusive"));
    results.add(
        exclusive
            ? CheckResult.failed(
                "cilium exclusive cni",
                "",
                "on: Cilium removes plugins that are chained behind it",
                "set cni.exclusive=false in Cilium's values")
            : CheckResult.ok("cilium exclusive cni", "", "off"));
  }

  private void calico() {
    for (JsonNode felix : facts.felixConfigurations()) {
      JsonNode spec = felix.path("spec");
      if (spec.path("bpfEnabled").asBoolean()) {
        String mode = spec.path("bpfConnectTimeLoadBalancing").asText("TCP");
        results.add(
            mode.equals("Disabled")
                ? CheckResult.ok("calico connect-time load balancing", name(felix), mode)
                : CheckResult.failed(
                    "calico connect-time load balancing",
                    name(felix),
                    mode + ": addresses of Services are replaced before the mesh sees them",
                    "set bpfConnectTimeLoadBalancing: Disabled and bpfHostNetworkedNATWithoutCTLB:"
                        + " Enabled in FelixConfiguration"));
      }
    }
  }

  private void otherMeshes() {
    Map<String, String> others = new LinkedHashMap<>();
    others.put("ztunnel", "remove Istio ambient first: two agents would capture one pod");
    others.put("istio-cni-node", "remove istio-cni first: it redirects pods by iptables");
    others.put("linkerd-cni", "keep its namespaces and the mesh's apart");
    boolean alone = true;
    for (Map.Entry<String, String> other : others.entrySet()) {
      Optional<JsonNode> found = named(facts.daemonSets(), other.getKey());
      if (found.isPresent()) {
        alone = false;
        String where = "DaemonSet " + namespace(found.get()) + '/' + other.getKey();
        results.add(
            other.getKey().equals("linkerd-cni")
                ? CheckResult.doubtful("other meshes", other.getKey(), where, other.getValue())
                : CheckResult.failed("other meshes", other.getKey(), where, other.getValue()));
      }
    }
    for (JsonNode deployment : facts.deployments()) {
      if (isIstiod(name(deployment))) {
        alone = false;
        results.add(
            CheckResult.doubtful(
                "other meshes",
                name(deployment),
                "Deployment " + namespace(deployment) + '/' + name(deployment),
                namespace(deployment).equals(facts.rootNamespace()) && !facts.isInstalled()
                    ? "leave Istio its names (groundctl install --alongside-istio, or istiodService: false in"
                        + " the chart's values), or remove istiod"
                    : "see docs/migrate.md: both may run, for different namespaces"));
      }
    }
    for (JsonNode configuration : facts.webhooks()) {
      Optional<JsonNode> orphan = orphanOfIstio(configuration);
      if (orphan.isPresent()) {
        alone = false;
        results.add(
            CheckResult.failed(
                "other meshes",
                name(configuration),
                "asks Service "
                    + orphan.get().path("namespace").asText()
                    + '/'
                    + orphan.get().path("name").asText()
                    + " before objects may change, and there is no istiod",
                "kubectl delete "
                    + configuration.path("kind").asText().toLowerCase(Locale.ROOT)
                    + ' '
                    + name(configuration)));
      }
    }
    if (alone) {
      results.add(CheckResult.ok("other meshes", "", "none"));
    }
  }

  private static boolean isIstiod(String name) {
    return name.equals("istiod") || name.startsWith("istiod-");
  }

  /** The service of an istiod that is gone, which the API server must ask all the same. */
  private Optional<JsonNode> orphanOfIstio(JsonNode configuration) {
    for (JsonNode webhook : configuration.path("webhooks")) {
      JsonNode service = webhook.path("clientConfig").path("service");
      if (webhook.path("failurePolicy").asText().equals("Fail")
          && isIstiod(service.path("name").asText())
          && facts.deployments().stream()
              .noneMatch(
                  deployment ->
                      isIstiod(name(deployment))
                          && namespace(deployment).equals(service.path("namespace").asText()))) {
        return Optional.of(service);
      }
    }
    return Optional.empty();
  }

  private void podSecurity() {
    for (JsonNode namespace : facts.namespaces()) {
      if (name(namespace).equals(facts.rootNamespace())) {
        String level =
            namespace
                .path("metadata")
                .path("labels")
                .path("pod-security.kubernetes.io/enforce")
                .asText("privileged");
        results.add(
            level.equals("privileged")
                ? CheckResult.ok("pod security", facts.rootNamespace(), level)
                : CheckResult.failed(
                    "pod security",
                    facts.rootNamespace(),
                    level + ": the agents' pods are refused",
                    "label the namespace pod-security.kubernetes.io/enforce=privileged"));
      }
    }
  }

  private void apis() {
    USED_GROUPS.forEach(
        (group, versions) -> {
          Set<String> served = facts.apiGroups().getOrDefault(group, Set.of());
          if (served.isEmpty()) {
            results.add(
                facts.isInstalled() && !group.startsWith("gateway")
                    ? CheckResult.failed(
                        "apis",
                        group,
                        "not served",
                        "run groundctl upgrade, which installs its CRDs")
                    : CheckResult.ok(
                        "apis",
                        group,
                        group.startsWith("gateway")
                            ? "not served: no waypoints can be named"
                            : "not served yet: comes with the installation"));
          } else if (served.stream().anyMatch(versions::contains)) {
            results.add(CheckResult.ok("apis", group, String.join(", ", new TreeSet<>(served))));
          } else {
            results.add(
                CheckResult.failed(
                    "apis",
                    group,
                    String.join(", ", new TreeSet<>(served)),
                    "serve one of " + String.join(", ", new TreeSet<>(versions))));
          }
        });
  }

  private void rights() {
    new TreeMap<>(facts.missingRights())
        .forEach(
            (purpose, missing) ->
                results.add(
                    missing.isEmpty()
                        ? CheckResult.ok("rights", purpose, "all")
                        : CheckResult.doubtful(
                            "rights",
                            purpose,
                            "missing: " + String.join(", ", missing),
                            "ask who administers the cluster, or let them do it")));
  }
}
