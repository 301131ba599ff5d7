package dev.groundmesh.nodeagent.config;

import java.nio.file.Path;

/**
 * Where the network namespaces of the node's pods are found.
 *
 * @param kind what runs the pods
 * @param netnsDirectory where named network namespaces are
 * @param containerdState containerd's state directory; need not be there
 * @param proc of the host's PID namespace
 */
public record RuntimeConfig(Kind kind, Path netnsDirectory, Path containerdState, Path proc) {
  /** What runs the pods of a node. */
  public enum Kind {
    /** Nothing but named network namespaces, as {@code ip netns} makes them. */
    NETNS,
    /** A kubelet with its container runtime. */
    KUBERNETES
  }
}
