package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * That a workload is an endpoint of a service.
 *
 * @param ports where this workload listens for each service port; a port that is not here is not
 *     served
 */
public record ServiceMembership(NamespacedHostname service, PortMap ports) {

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ServiceMembership membership
        && service.equals(membership.service)
        && ports.equals(membership.ports);
  }

  @Override
  public int hashCode() {
    return 31 * service.hashCode() + ports.hashCode();
  }
}
