package dev.groundmesh.tunnel.pool;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.net.InetSocketAddress;
import java.util.Set;

/**
 * What two streams must share to share a tunnel.
 *
 * @param transport whose sockets: those of one pod, compared by {@link Object#equals}
 * @param source the workload that speaks
 * @param expected the identities one of which the peer must prove
 * @param destination the peer's HBONE address
 */
public record TunnelKey(
    TunnelTransport transport,
    SpiffeId source,
    Set<SpiffeId> expected,
    InetSocketAddress destination) {
  public TunnelKey {
    expected = Set.copyOf(expected);
  }
}
