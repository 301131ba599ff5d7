package dev.groundmesh.controller.compile;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/** The pods of one node that are not terminal. Immutable. */
public final class NodePods {

  static final NodePods NONE = new NodePods(HashTreePMap.empty(), HashTreePMap.empty());

  private final PMap<String, NodePod> byName;
  private final PMap<String, Integer> identities;

  private NodePods(PMap<String, NodePod> byName, PMap<String, Integer> identities) {
    this.byName = byName;
    this.identities = identities;
  }

  /**
   * One pod, as far as the node authorizer asks.
   *
   * @param serviceAccount never empty
   * @param uid the Kubernetes UID; empty where the manifest has none
   */
  public record NodePod(String namespace, String name, String serviceAccount, String uid) {}

  public Collection<NodePod> all() {
    return byName.values();
  }

  public @Nullable NodePod pod(String namespace, String name) {
    return byName.get(namespace + '/' + name);
  }

  /** Whether some pod of this node runs as this service account. */
  public boolean runs(String namespace, String serviceAccount) {
    return identities.containsKey(namespace + '/' + serviceAccount);
  }

  NodePods plus(NodePod pod) {
    NodePods without = minus(pod.namespace(), pod.name());
    String identity = pod.namespace() + '/' + pod.serviceAccount();
    return new NodePods(
        without.byName.plus(pod.namespace() + '/' + pod.name(), pod),
        without.identities.plus(identity, without.identities.getOrDefault(identity, 0) + 1));
  }

  NodePods minus(String namespace, String name) {
    String key = namespace + '/' + name;
    NodePod old = byName.get(key);
    if (old == null) {
      return this;
    }
    String identity = old.namespace() + '/' + old.serviceAccount();
    int count = identities.getOrDefault(identity, 1);
    return new NodePods(
        byName.minus(key),
        count == 1 ? identities.minus(identity) : identities.plus(identity, count - 1));
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }
}
