package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.h2.H2Settings;
import dev.groundmesh.tunnel.h2.H2Timing;
import java.time.Duration;

/**
 * What a tunnel offers its peer and how long it waits.
 *
 * @param h2 the HTTP/2 settings of our side
 * @param handshakeTimeout for TLS, and again for the peer's first SETTINGS
 * @param pingInterval idle time before a PING, and between an answer and the next PING
 * @param pingTimeout without an answer for so long the tunnel is closed
 * @param closeTimeout how long a closed tunnel waits for the peer to close too
 */
public record TunnelSettings(
    H2Settings h2,
    Duration handshakeTimeout,
    Duration pingInterval,
    Duration pingTimeout,
    Duration closeTimeout) {
  /** Istio ambient's client side. */
  public static final TunnelSettings CLIENT =
      new TunnelSettings(
          H2Settings.CLIENT,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(2));

  /** Istio ambient's server side. */
  public static final TunnelSettings SERVER =
      new TunnelSettings(
          H2Settings.SERVER,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(2));

  H2Timing h2Timing() {
    return new H2Timing(handshakeTimeout, pingInterval, pingTimeout);
  }
}
