package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.tunnel.h2.H2Settings;
import java.time.Duration;

/**
 * What a tunnel offers its peer and how long it waits.
 *
 * @param h2 the HTTP/2 settings of our side
 * @param handshakeTimeout for TLS, and again for the peer's first SETTINGS
 * @param pingInterval idle time before a PING, and between an answer and the next PING
 * @param pingTimeout without an answer for so long the tunnel is closed
 */
public record TunnelSettings(
    H2Settings h2, Duration handshakeTimeout, Duration pingInterval, Duration pingTimeout) {
  /** Istio ambient's client side. */
  public static final TunnelSettings CLIENT =
      new TunnelSettings(
          H2Settings.CLIENT,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20));

  /** Istio ambient's server side. */
  public static final TunnelSettings SERVER =
      new TunnelSettings(
          H2Settings.SERVER,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20));
}
