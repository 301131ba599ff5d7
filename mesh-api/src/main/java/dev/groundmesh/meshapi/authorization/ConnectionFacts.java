package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.Workload;
import org.jspecify.annotations.Nullable;

/**
 * What policies are matched against.
 *
 * @param destination the workload that is connected to
 * @param peer who connects, proved by mutual TLS or known from the kernel; null if nobody proved
 *     anything
 * @param sourceAddress where the connection comes from
 * @param destinationAddress the address of the workload that was asked for
 * @param destinationPort the port of the application, never that of the tunnel; 1 to 65535
 */
public record ConnectionFacts(
    Workload destination,
    @Nullable SpiffeId peer,
    IpAddress sourceAddress,
    IpAddress destinationAddress,
    int destinationPort) {

  public ConnectionFacts {
    if (destinationPort < 1 || destinationPort > 65535) {
      throw new IllegalArgumentException(
          "destinationPort: " + destinationPort + " (expected: 1 to 65535)");
    }
  }
}
