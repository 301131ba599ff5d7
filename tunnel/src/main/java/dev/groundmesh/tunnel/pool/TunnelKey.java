package dev.groundmesh.tunnel.pool;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/**
 * What two streams must share to share a tunnel.
 *
 * @param source the workload that speaks
 * @param expected the identities one of which the peer must prove
 * @param sourceAddress the workload's own address
 * @param destination the peer's HBONE address
 */
public record TunnelKey(
    SpiffeId source,
    Set<SpiffeId> expected,
    InetAddress sourceAddress,
    InetSocketAddress destination) {
  public TunnelKey {
    expected = Set.copyOf(expected);
  }
}
