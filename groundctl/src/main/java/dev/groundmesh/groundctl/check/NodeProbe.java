package dev.groundmesh.groundctl.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks into nodes by a pod on each that runs the agent's own check of the kernel, which attaches
 * and leaves nothing, and is deleted afterwards.
 */
public final class NodeProbe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final String PROGRAM = "dev.groundmesh.nodeagent.KernelCheck";

  /** Where pods may do what agents do, until there is a root namespace. */
  private static final String FALLBACK = "kube-system";

  private final KubernetesClient client;
  private final String image;
  private final String namespace;
  private final Map<String, String> podsByNode = new TreeMap<>();

  /**
   * @param image the agent's, which the nodes must have or be able to pull
   */
  public NodeProbe(KubernetesClient client, String image, ClusterFacts facts) {
    this.client = client;
    this.image = image;
    boolean there =
        facts.namespaces().stream()
            .anyMatch(
                each -> each.path("metadata").path("name").asText().equals(facts.rootNamespace()));
    this.namespace = there ? facts.rootNamespace() : FALLBACK;
    for (JsonNode node : facts.nodes()) {
      String name = node.path("metadata").path("name").asText();
      podsByNode.put(name, "groundmesh-check-" + name);
    }
  }

  /**
   * The answer of each node: what the check wrote, or {@code failure} with what went wrong. Takes a
   * minute at most.
   */
  public Map<String, JsonNode> ask() throws InterruptedException {
    try {
      podsByNode.forEach(
          (node, name) -> {
            client.pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
            client.pods().inNamespace(namespace).resource(pod(node, name)).create();
          });
      Map<String, JsonNode> answers = new LinkedHashMap<>();
      long deadline = System.nanoTime() + LIMIT.toNanos();
      for (Map.Entry<String, String> each : podsByNode.entrySet()) {
        answers.put(each.getKey(), answer(each.getValue(), deadline));
      }
      return answers;
    } finally {
      podsByNode
          .values()
          .forEach(
              name ->
                  client.pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete());
    }
  }

  private JsonNode answer(String name, long deadline) throws InterruptedException {
    while (true) {
      Pod pod = client.pods().inNamespace(namespace).withName(name).get();
      String phase = pod == null ? "deleted" : pod.getStatus().getPhase();
      if (phase.equals("Succeeded") || phase.equals("Failed")) {
        return written(client.pods().inNamespace(namespace).withName(name).getLog());
      }
      if (pod == null || System.nanoTime() - deadline > 0) {
        return failure("pod " + namespace + '/' + name + ": " + phase + waiting(pod));
      }
      Thread.sleep(PAUSE);
    }
  }

  private static String waiting(@Nullable Pod pod) {
    if (pod != null && pod.getStatus().getContainerStatuses() != null) {
      for (ContainerStatus status : pod.getStatus().getContainerStatuses()) {
        if (status.getState() != null && status.getState().getWaiting() != null) {
          return ", " + status.getState().getWaiting().getReason();
        }
      }
    }
    return "";
  }

  private static JsonNode written(String log) {
    for (String line : log.lines().toList()) {
      if (line.startsWith("{\"fit\"")) {
        try {
          return JSON.readTree(line);
        } catch (JsonProcessingException e) {
          return failure(e.getOriginalMessage());
        }
      }
    }
    return failure(log.lines().limit(3).reduce("", (all, line) -> all + ' ' + line).strip());
  }

  private static JsonNode failure(String what) {
    return JsonNodeFactory.instance.objectNode().put("failure", what);
  }

  private Pod pod(String node, String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels("app.kubernetes.io/part-of", "groundmesh")
        .addToLabels("istio.io/dataplane-mode", "none")
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .withHostNetwork(true)
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .addNewToleration()
        .withOperator("Exists")
        .endToleration()
        .addNewContainer()
        .withName("check")
        .withImage(image)
        .withImagePullPolicy("IfNotPresent")
        .withArgs(PROGRAM, "/sys/fs/bpf/groundmesh", "/sys/fs/cgroup")
        .withNewSecurityContext()
        .withPrivileged(true)
        .withRunAsUser(0L)
        .endSecurityContext()
        .addNewVolumeMount()
        .withName("cgroup")
        .withMountPath("/sys/fs/cgroup")
        .withReadOnly(true)
        .withMountPropagation("HostToContainer")
        .endVolumeMount()
        .addNewVolumeMount()
        .withName("bpf")
        .withMountPath("/sys/fs/bpf")
        .withMountPropagation("HostToContainer")
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName("cgroup")
        .withNewHostPath("/sys/fs/cgroup", "")
        .endVolume()
        .addNewVolume()
        .withName("bpf")
        .withNewHostPath("/sys/fs/bpf", "")
        .endVolume()
        .endSpec()
        .build();
  }
}
