package dev.groundmesh.tunnel.pool;

import java.time.Duration;

/**
 * The bounds of a pool.
 *
 * @param maxStreamsPerTunnel streams at once on one tunnel; the peer's own limit applies too
 * @param maxTunnelsPerKey tunnels at once for one key on one event loop
 * @param maxTunnels tunnels at once over all event loops that share a {@link TunnelBudget}
 * @param idleRelease how long a tunnel without streams is kept
 * @param connectTimeout for TCP
 * @param busyStreamsPerTunnel when so many streams of a tunnel were busy lately, the next stream of
 *     the key opens another tunnel, so that no single thread of the peer carries them all
 */
public record TunnelPoolLimits(
    int maxStreamsPerTunnel,
    int maxTunnelsPerKey,
    int maxTunnels,
    Duration idleRelease,
    Duration connectTimeout,
    int busyStreamsPerTunnel) {
  /** Istio's figures, with up to 4 tunnels a key under load. */
  public static final TunnelPoolLimits DEFAULT =
      new TunnelPoolLimits(100, 128, 65_536, Duration.ofMinutes(5), Duration.ofSeconds(10), 4);
}
