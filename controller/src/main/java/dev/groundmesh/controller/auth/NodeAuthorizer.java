package dev.groundmesh.controller.auth;

import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.auth.Caller.PodBinding;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.NodePods;
import dev.groundmesh.meshapi.identity.SpiffeId;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides for which identities a node agent may hold keys: those that run on its node, so that a
 * stolen node gives away no more than what runs there.
 */
public final class NodeAuthorizer {

  private final Set<String> trustedAccounts;
  private final String trustDomain;
  private final Supplier<CompiledResources> resources;

  /**
   * @param trustedAccounts {@code namespace/serviceAccount} of the node agents
   * @param resources the newest snapshot; called on any thread
   */
  public NodeAuthorizer(
      Set<String> trustedAccounts, String trustDomain, Supplier<CompiledResources> resources) {
    this.trustedAccounts = Set.copyOf(trustedAccounts);
    this.trustDomain = trustDomain;
    this.resources = resources;
  }

  /** Whether the caller has the account of a node agent. */
  public boolean isNodeAgent(Caller caller) {
    return trustedAccounts.contains(caller.account());
  }

  /**
   * The node whose agent the caller is.
   *
   * @throws AuthenticationException if it is not a node agent, or its node or pod is gone
   */
  public String nodeOf(Caller caller) throws AuthenticationException {
    if (!trustedAccounts.contains(caller.account())) {
      throw new AuthenticationException(
          Reason.NOT_TRUSTED,
          "account: " + caller.account() + " (expected: one of " + trustedAccounts + ")");
    }
    CompiledResources now = resources.get();
    String node = nodeOf(caller, now);
    if (node == null) {
      throw new AuthenticationException(
          Reason.NOT_TRUSTED,
          "node: none (expected: a token that is bound to a node, or to a pod that exists)");
    }
    if (!now.nodes().contains(node)) {
      throw new AuthenticationException(
          Reason.STALE, "node: " + node + " (expected: a node that exists)");
    }
    PodBinding binding = caller.pod();
    if (binding != null) {
      verifyPod(caller, binding, now.pods(node), node);
    }
    return node;
  }

  /**
   * The identity that the caller asks for on behalf of a pod of its node.
   *
   * @param requested as the caller wrote it
   * @throws AuthenticationException if the caller may not have it
   */
  public SpiffeId authorize(Caller caller, String requested) throws AuthenticationException {
    SpiffeId identity = ofThisMesh(requested);
    String node = nodeOf(caller);
    if (!resources.get().pods(node).runs(identity.namespace(), identity.serviceAccount())) {
      throw new AuthenticationException(
          Reason.NOT_ON_NODE,
          "identity: " + identity + " (expected: one that runs on node " + node + ")");
    }
    return identity;
  }

  private SpiffeId ofThisMesh(String requested) throws AuthenticationException {
    SpiffeId identity =
        SpiffeId.tryParse(requested)
            .orElseThrow(
                () ->
                    new AuthenticationException(
                        Reason.NOT_OF_MESH, "impersonated identity (expected: a SPIFFE id)"));
    if (!identity.trustDomain().equals(trustDomain)) {
      throw new AuthenticationException(
          Reason.NOT_OF_MESH,
          "trust domain: " + identity.trustDomain() + " (expected: " + trustDomain + ")");
    }
    return identity;
  }

  /**
   * The identity of a caller that asks for itself.
   *
   * @throws AuthenticationException if the pod that its token is bound to is gone
   */
  public SpiffeId ownIdentity(Caller caller) throws AuthenticationException {
    PodBinding binding = caller.pod();
    CompiledResources now = resources.get();
    String node = nodeOf(caller, now);
    if (binding != null && node != null) {
      verifyPod(caller, binding, now.pods(node), node);
    } else if (binding != null) {
      throw new AuthenticationException(
          Reason.STALE,
          "pod: " + caller.namespace() + '/' + binding.name() + " (expected: one that exists)");
    }
    return new SpiffeId(trustDomain, caller.namespace(), caller.serviceAccount());
  }

  /** API servers before 1.30 tell the pod of a token, but not its node. */
  private static @Nullable String nodeOf(Caller caller, CompiledResources now) {
    PodBinding binding = caller.pod();
    if (caller.node() != null || binding == null) {
      return caller.node();
    }
    for (String node : now.nodes()) {
      NodePods.NodePod pod = now.pods(node).pod(caller.namespace(), binding.name());
      if (pod != null && pod.uid().equals(binding.uid())) {
        return node;
      }
    }
    return null;
  }

  private static void verifyPod(Caller caller, PodBinding binding, NodePods pods, String node)
      throws AuthenticationException {
    NodePods.NodePod pod = pods.pod(caller.namespace(), binding.name());
    if (pod == null) {
      throw new AuthenticationException(
          Reason.STALE,
          "pod: "
              + caller.namespace()
              + '/'
              + binding.name()
              + " (expected: on node "
              + node
              + ")");
    }
    if (!pod.uid().equals(binding.uid())) {
      throw new AuthenticationException(
          Reason.STALE,
          "pod uid: " + binding.uid() + " (expected: " + pod.uid() + ", the pod was made anew)");
    }
    if (!pod.serviceAccount().equals(caller.serviceAccount())) {
      throw new AuthenticationException(
          Reason.STALE,
          "service account: "
              + caller.serviceAccount()
              + " (expected: "
              + pod.serviceAccount()
              + ")");
    }
  }
}
