package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * The key of a service: its namespace and its fully qualified host name.
 *
 * @param namespace the Kubernetes namespace, not empty
 * @param hostname the host name in lower case, for example {@code web.shop.svc.cluster.local}; may
 *     begin with {@code *.}
 */
public record NamespacedHostname(String namespace, String hostname) {

  public NamespacedHostname {
    if (namespace.isEmpty() || namespace.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "namespace: " + namespace + " (expected: a name that is not empty and has no slash)");
    }
    if (hostname.isEmpty() || hostname.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "hostname: " + hostname + " (expected: a host name that is not empty and has no slash)");
    }
  }

  /**
   * Parses {@code <namespace>/<hostname>}.
   *
   * @throws IllegalArgumentException if {@code text} has any other form
   */
  public static NamespacedHostname parse(String text) {
    int slash = text.indexOf('/');
    if (slash <= 0 || slash == text.length() - 1 || text.indexOf('/', slash + 1) >= 0) {
      throw new IllegalArgumentException(
          "service: " + text + " (expected: <namespace>/<hostname>)");
    }
    return new NamespacedHostname(text.substring(0, slash), text.substring(slash + 1));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NamespacedHostname name
        && hostname.equals(name.hostname)
        && namespace.equals(name.namespace);
  }

  @Override
  public int hashCode() {
    return 31 * namespace.hashCode() + hostname.hashCode();
  }

  /** The name under which workload xDS knows it: {@code <namespace>/<hostname>}. */
  @Override
  public String toString() {
    return namespace + "/" + hostname;
  }
}
