package dev.groundmesh.tunnel.pool;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TunnelKey key
        && transport.equals(key.transport)
        && source.equals(key.source)
        && expected.equals(key.expected)
        && destination.equals(key.destination);
  }

  @Override
  public int hashCode() {
    int hash = 31 * transport.hashCode() + source.hashCode();
    return (31 * hash + expected.hashCode()) * 31 + destination.hashCode();
  }
}
