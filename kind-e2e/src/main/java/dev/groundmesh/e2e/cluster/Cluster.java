package dev.groundmesh.e2e.cluster;

import dev.groundmesh.lab.process.Command;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A running cluster, by its API server and by the tool {@code kind-e2e/cluster/cluster}, which
 * takes from the environment which cluster is meant.
 */
public final class Cluster implements AutoCloseable {
  private static final Duration TOOL_LIMIT = Duration.ofMinutes(6);

  private final Path tool;
  private final KubernetesClient client;
  private final List<ClusterNode> nodes;

  private Cluster(Path tool, KubernetesClient client, List<ClusterNode> nodes) {
    this.tool = tool;
    this.client = client;
    this.nodes = nodes;
  }

  /**
   * Opens the cluster that the environment names.
   *
   * @param home the root of the project's sources
   */
  public static Cluster open(Path home) {
    Path tool = home.resolve("kind-e2e/cluster/cluster");
    Path kubeconfig = Path.of(Command.run(tool.toString(), "kubeconfig").stdout().strip());
    KubernetesClient client;
    try {
      client =
          new KubernetesClientBuilder()
              .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig)))
              .build();
    } catch (IOException e) {
      throw new IllegalStateException(
          kubeconfig + ": cannot be read (expected: a running cluster; make cluster-up)", e);
    }
    List<ClusterNode> nodes =
        client.nodes().list().getItems().stream()
            .filter(
                node ->
                    node.getSpec().getTaints().stream()
                        .noneMatch(taint -> "NoSchedule".equals(taint.getEffect())))
            .map(Cluster::node)
            .sorted(Comparator.comparing(ClusterNode::name))
            .toList();
    if (nodes.size() < 2) {
      throw new IllegalStateException(
          "nodes: " + nodes + " (expected: two or more that take pods)");
    }
    return new Cluster(tool, client, nodes);
  }

  private static ClusterNode node(Node node) {
    String address =
        node.getStatus().getAddresses().stream()
            .filter(candidate -> candidate.getType().equals("InternalIP"))
            .findFirst()
            .orElseThrow()
            .getAddress();
    return new ClusterNode(node.getMetadata().getName(), address);
  }

  /** Of the administrator; safe for use by several threads. */
  public KubernetesClient client() {
    return client;
  }

  /** The nodes that take pods, by name. */
  public List<ClusterNode> nodes() {
    return nodes;
  }

  /** The node that carries the cluster's own services. */
  public ClusterNode first() {
    return nodes.getFirst();
  }

  /** A node that a test may lose. */
  public ClusterNode last() {
    return nodes.getLast();
  }

  /** Runs a command of the tool; its failure is the caller's. */
  public Command.Output tool(String... command) {
    var line = new ArrayList<String>();
    line.add(tool.toString());
    line.addAll(List.of(command));
    return Command.run(line, "", TOOL_LIMIT).orThrow();
  }

  /** Runs a command in a node, whatever its exit status. */
  public Command.Output inNode(ClusterNode node, String... command) {
    var line = new ArrayList<>(List.of(tool.toString(), "exec", node.name()));
    line.addAll(List.of(command));
    return Command.run(line, "", TOOL_LIMIT);
  }

  /** Starts to capture what crosses a node's wire to the others. */
  public Wire capture(ClusterNode node) {
    return Wire.open(tool, node);
  }

  @Override
  public void close() {
    client.close();
  }
}
