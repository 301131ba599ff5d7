package dev.groundmesh.tunnel.observer;

import org.jspecify.annotations.Nullable;

/**
 * The Service by which a destination was reached.
 *
 * @param hostname fully qualified
 * @param name short
 * @param namespace of the Service
 */
public record ServiceAttributes(String hostname, String name, String namespace) {

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ServiceAttributes service
        && hostname.equals(service.hostname)
        && name.equals(service.name)
        && namespace.equals(service.namespace);
  }

  @Override
  public int hashCode() {
    return (hostname.hashCode() * 31 + name.hashCode()) * 31 + namespace.hashCode();
  }
}
