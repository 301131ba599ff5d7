package dev.groundmesh.e2e.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.e2e.app.App;
import dev.groundmesh.e2e.cluster.Await;
import dev.groundmesh.e2e.cluster.Await.Seen;
import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.cluster.ClusterNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The mesh of a cluster, as {@code helm install} puts it there. */
public final class Mesh {
  /** Where it is installed, and where policies hold for the whole mesh. */
  public static final String NAMESPACE = "istio-system";

  public static final String AGENT = "groundmesh-agent";
  public static final String CONTROLLER = "groundmesh-controller";
  public static final String REDIRECTION = "ambient.istio.io/redirection";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RELEASE = "groundmesh";
  private static final Duration ENROL_LIMIT = Duration.ofMinutes(1);

  /** The default time of a drain, and what ending a pod takes beside it. */
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(100);

  private final Cluster cluster;
  private final Path home;

  /**
   * @param home the root of the project's sources, built
   */
  public Mesh(Cluster cluster, Path home) {
    this.cluster = cluster;
    this.home = home;
  }

  /** Brings the images that were built into every node. */
  public void loadImages() {
    Path images = home.resolve("daemonset/target/images");
    cluster.tool(
        "load-image",
        images.resolve("agent.tar").toString(),
        images.resolve("controller.tar").toString());
  }

  /**
   * Installs or upgrades by the chart and waits until all is ready; values as {@code key=value}.
   */
  public void install(String... values) {
    var command =
        new ArrayList<>(
            List.of(
                "helm",
                "upgrade",
                "--install",
                RELEASE,
                home.resolve("daemonset/src/main/helm/groundmesh").toString(),
                "--namespace",
                NAMESPACE,
                "--create-namespace",
                "--reset-values",
                "--wait",
                "--timeout",
                "300s"));
    for (String value : values) {
      command.addAll(List.of("--set", value));
    }
    cluster.tool(command.toArray(String[]::new));
  }

  public void uninstall() {
    cluster.tool("helm", "uninstall", RELEASE, "--namespace", NAMESPACE, "--wait");
  }

  public boolean isInstalled() {
    return !cluster
        .tool("helm", "list", "--namespace", NAMESPACE, "--short", "--filter", RELEASE)
        .stdout()
        .isBlank();
  }

  /** Waits until the mesh says of each of these pods that its traffic is redirected. */
  public void awaitEnrolled(App... apps) {
    awaitRedirection(List.of(apps), "enabled");
  }

  /** Waits until the mesh says of none of these pods that its traffic is redirected. */
  public void awaitLeft(App... apps) {
    awaitRedirection(List.of(apps), "");
  }

  public void awaitRedirection(List<App> apps, String expected) {
    Await.until(
        "redirection " + (expected.isEmpty() ? "off" : expected),
        ENROL_LIMIT,
        () -> {
          List<String> seen =
              apps.stream().map(app -> app.name() + "=" + redirection(app.pod())).toList();
          return new Seen(
              seen.stream().allMatch(state -> state.endsWith("=" + expected)), seen.toString());
        });
  }

  /** The annotation by which the mesh says whether a pod's traffic is redirected; may be empty. */
  public static String redirection(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(REDIRECTION, "");
  }

  public List<Pod> agents() {
    return pods(AGENT);
  }

  public List<Pod> controllers() {
    return pods(CONTROLLER);
  }

  /** The agent of a node. */
  public Pod agent(ClusterNode node) {
    return agents().stream()
        .filter(pod -> node.name().equals(pod.getSpec().getNodeName()))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no agent on " + node.name()));
  }

  private List<Pod> pods(String owner) {
    return cluster.client().pods().inNamespace(NAMESPACE).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getName().startsWith(owner + "-"))
        .toList();
  }

  /** What a pod of the mesh wrote since a moment; nothing if it has not begun or is gone. */
  public String log(Pod pod, Instant since) {
    try {
      return cluster
          .client()
          .pods()
          .inNamespace(NAMESPACE)
          .withName(pod.getMetadata().getName())
          .sinceTime(since.toString())
          .getLog();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
          || e.getCode() == HttpURLConnection.HTTP_BAD_REQUEST) {
        return "";
      }
      throw e;
    }
  }

  /** The lines of the access log of a node's agent since a moment. */
  public List<String> accessLog(ClusterNode node, Instant since) {
    return log(agent(node), since).lines().filter(line -> line.contains("\taccess\t")).toList();
  }

  /** Takes the next of the three steps to a new root certificate, whether it is due or not. */
  public void rotateRoot() {
    new Groundctl(cluster, home).run("rotate-root", "--force").orThrow();
  }

  /** The serial numbers of the certificates in use whose identity ends with this. */
  public Set<String> certificates(String identity) {
    String told = new Groundctl(cluster, home).run("certificates", "-o", "json").orThrow().stdout();
    var serials = new HashSet<String>();
    try {
      for (JsonNode certificate : JSON.readTree(told)) {
        if (certificate.path("identity").asText().endsWith(identity)) {
          serials.add(certificate.path("certChain").path(0).path("serialNumber").asText());
        }
      }
    } catch (JsonProcessingException e) {
      throw new AssertionError("groundctl certificates: " + told, e);
    }
    return serials;
  }

  /** Takes the agents off all nodes for as long as the work takes; the mesh stays installed. */
  public void withoutAgents(Runnable work) {
    wantAgentsOn("\"groundmesh.dev/no-node\":\"true\"");
    try {
      Await.until(
          "the end of the agents",
          DRAIN_LIMIT,
          () -> {
            List<String> left =
                agents().stream().map(agent -> agent.getMetadata().getName()).toList();
            return new Seen(left.isEmpty(), left.toString());
          });
      work.run();
    } finally {
      wantAgentsOn("\"groundmesh.dev/no-node\":null");
      awaitReady();
    }
  }

  private void wantAgentsOn(String labels) {
    cluster.tool(
        "kubectl",
        "-n",
        NAMESPACE,
        "patch",
        "daemonset/" + AGENT,
        "--patch",
        "{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{" + labels + "}}}}}");
  }

  /** Waits until every pod of the mesh is ready. */
  public void awaitReady() {
    cluster.tool(
        "kubectl", "-n", NAMESPACE, "rollout", "status", "daemonset/" + AGENT, "--timeout=180s");
    cluster.tool(
        "kubectl",
        "-n",
        NAMESPACE,
        "rollout",
        "status",
        "deployment/" + CONTROLLER,
        "--timeout=180s");
  }
}
