package dev.groundmesh.tunnel.pool;

import java.time.Duration;

/**
 * The bounds of a pool.
 *
 * @param maxStreamsPerTunnel streams at once on one tunnel; the peer's own limit applies too
 * @param maxTunnelsPerKey tunnels at once for one key on one event loop
 * @param spreadStreams with so many streams on each tunnel of a key another tunnel is opened, so
 *     that no single thread of the peer carries them all
 * @param spreadTunnels tunnels of one key that spreading alone may open, on one event loop
 * @param idleRelease how long a tunnel without streams is kept
 * @param connectTimeout for TCP
 */
public record TunnelPoolLimits(
    int maxStreamsPerTunnel,
    int maxTunnelsPerKey,
    int spreadStreams,
    int spreadTunnels,
    Duration idleRelease,
    Duration connectTimeout) {
  /** Istio's figures, and two tunnels under load. */
  public static final TunnelPoolLimits DEFAULT =
      new TunnelPoolLimits(100, 128, 8, 2, Duration.ofMinutes(5), Duration.ofSeconds(10));
}
