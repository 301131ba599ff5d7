package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.nodeagent.config.ConnectionConfig;
import dev.groundmesh.tunnel.h2.H2Settings;
import dev.groundmesh.tunnel.hbone.TunnelSettings;
import dev.groundmesh.tunnel.pool.TunnelPoolLimits;

/** The agent's settings in the tunnel's terms. */
public final class TunnelParameters {
  private TunnelParameters() {}

  /** As a client. */
  public static TunnelSettings client(ConnectionConfig config) {
    return settings(TunnelSettings.CLIENT, config);
  }

  /** As a server. */
  public static TunnelSettings server(ConnectionConfig config) {
    return settings(TunnelSettings.SERVER, config);
  }

  /** Of the pools. */
  public static TunnelPoolLimits pool(ConnectionConfig config) {
    TunnelPoolLimits defaults = TunnelPoolLimits.DEFAULT;
    return new TunnelPoolLimits(
        config.maxStreamsPerTunnel(),
        defaults.maxTunnelsPerKey(),
        defaults.spreadStreams(),
        defaults.spreadTunnels(),
        config.tunnelIdleTimeout(),
        config.connectTimeout());
  }

  private static TunnelSettings settings(TunnelSettings defaults, ConnectionConfig config) {
    H2Settings h2 = defaults.h2();
    return new TunnelSettings(
        new H2Settings(
            config.streamWindow(),
            config.connectionWindow(),
            config.frameSize(),
            h2.maxHeaderListSize(),
            h2.maxConcurrentStreams()),
        config.handshakeTimeout(),
        defaults.pingInterval(),
        defaults.pingTimeout(),
        defaults.closeTimeout());
  }
}
