package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;
import dev.groundmesh.meshapi.authorization.Authorizer;
import dev.groundmesh.meshapi.authorization.ConnectionFacts;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.certificates.WorkloadTls;
import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.connection.Connections;
import dev.groundmesh.nodeagent.pod.LocalPods;
import dev.groundmesh.tunnel.observer.MeshObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What every flow of the agent uses. All of it is for any thread.
 *
 * @param config the agent's settings
 * @param mesh the newest snapshot; a connection asks once and keeps it
 * @param demand asks the controller for a key and is done when it has answered; null where the
 *     agent follows the whole mesh anyway
 * @param authorizer decides by policy
 * @param tls of the node's workloads
 * @param pods the captured pods
 * @param connections where connections are kept
 * @param observer sees every connection
 */
public record FlowServices(
    AgentConfig config,
    Supplier<MeshSnapshot> mesh,
    @Nullable Function<String, CompletableFuture<Void>> demand,
    Authorizer authorizer,
    WorkloadTls tls,
    LocalPods pods,
    Connections connections,
    MeshObserver observer) {

  /** Decides by policy, and says what policies in dry run would have done. */
  public AuthorizationDecision authorize(MeshSnapshot snapshot, ConnectionFacts connection) {
    AuthorizationDecision decision = authorizer.authorize(snapshot, connection);
    DryRuns.log(decision, connection);
    return decision;
  }
}
