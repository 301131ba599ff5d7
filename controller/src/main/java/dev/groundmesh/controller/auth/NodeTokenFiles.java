package dev.groundmesh.controller.auth;

import dev.groundmesh.controller.state.StateDirectory;
import dev.groundmesh.controller.state.StateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a fresh token of the node agent's account for each node under {@code
 * <state>/tokens/<node>/istio-token}, readable by its owner only; the file is replaced when a fifth
 * of its life is left, as kubelet does with projected tokens. Used by one thread.
 */
public final class NodeTokenFiles {

  private static final Logger log = LoggerFactory.getLogger(NodeTokenFiles.class);

  /** What may be a directory's name: Kubernetes' own rule for node names. */
  private static final Pattern NODE_NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private final StateDirectory state;
  private final SignedTokens tokens;
  private final String namespace;
  private final String serviceAccount;
  private final Duration lifetime;
  private final Clock clock;
  private final Map<String, Instant> renewals = new HashMap<>();

  public NodeTokenFiles(
      StateDirectory state,
      SignedTokens tokens,
      String namespace,
      String serviceAccount,
      Duration lifetime,
      Clock clock) {
    this.state = state;
    this.tokens = tokens;
    this.namespace = namespace;
    this.serviceAccount = serviceAccount;
    this.lifetime = lifetime;
    this.clock = clock;
  }

  /**
   * Writes the tokens that are missing or due, and removes those of nodes that are gone. A node
   * whose file cannot be written is tried again at the next call.
   */
  public void refresh(Collection<String> nodes) {
    Instant now = clock.instant();
    for (String node : nodes) {
      Instant due = renewals.get(node);
      if (due == null || !now.isBefore(due)) {
        write(node, now);
      }
    }
    renewals
        .keySet()
        .removeIf(
            node -> {
              if (nodes.contains(node)) {
                return false;
              }
              return remove(node);
            });
  }

  private void write(String node, Instant now) {
    if (!NODE_NAME.matcher(node).matches()) {
      // Said once: nothing changes before the object does.
      renewals.put(node, Instant.MAX);
      log.error("node: {} (expected: a Kubernetes node name); it gets no token", node);
      return;
    }
    try {
      state.writeSecret(
          file(node), tokens.issue(new Caller(namespace, serviceAccount, node, null), lifetime));
      renewals.put(node, now.plus(lifetime.multipliedBy(4).dividedBy(5)));
    } catch (StateException e) {
      log.error("token of node {}: {}", node, e.getMessage());
    }
  }

  private boolean remove(String node) {
    if (!NODE_NAME.matcher(node).matches()) {
      return true;
    }
    try {
      state.delete(file(node));
      return true;
    } catch (StateException e) {
      log.error("token of node {}: {}", node, e.getMessage());
      return false;
    }
  }

  private static String file(String node) {
    return "tokens/" + node + "/istio-token";
  }
}
