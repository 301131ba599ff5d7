package dev.groundmesh.controller.cluster;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The DaemonSet that makes the agents: while it is there, an agent that ends has a successor. */
public final class AgentDaemonSet {
  /** Its name, in the namespace of the installation. */
  public static final String NAME = "groundmesh-agent";

  private final KubernetesClient client;
  private final String namespace;

  /** The client stays the caller's. */
  public AgentDaemonSet(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /**
   * Whether it is gone or being deleted. Does not block.
   *
   * @return fails if the API server does not say
   */
  public CompletionStage<Boolean> leaves() {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("agent-daemonset")
        .start(
            () -> {
              try {
                DaemonSet agents =
                    client.apps().daemonSets().inNamespace(namespace).withName(NAME).get();
                answer.complete(
                    agents == null || agents.getMetadata().getDeletionTimestamp() != null);
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  /**
   * Deletes it and waits until every agent has ended, each having left its node. Blocks.
   *
   * @param limit to wait for at most
   * @return the agents that are still there
   */
  public int remove(Duration limit) throws InterruptedException {
    client
        .apps()
        .daemonSets()
        .inNamespace(namespace)
        .withName(NAME)
        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
        .delete();
    return InstalledPods.awaitNone(client, namespace, NAME, limit);
  }
}
