package dev.groundmesh.nodeagent.pod;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The captured pods by the uid of their Workload. Any thread. */
public final class LocalPods {
  private final Map<String, LocalPod> byUid = new ConcurrentHashMap<>();

  /** Takes a pod in; one of the same uid is replaced. */
  public void add(LocalPod pod) {
    byUid.put(pod.uid(), pod);
  }

  /** Takes it out, unless another has taken its place. */
  public void remove(LocalPod pod) {
    byUid.remove(pod.uid(), pod);
  }

  /** The pod of a Workload, or null where it is not captured on this node. */
  public @Nullable LocalPod byUid(String uid) {
    return byUid.get(uid);
  }

  /** All of them. */
  public Collection<LocalPod> all() {
    return byUid.values();
  }
}
