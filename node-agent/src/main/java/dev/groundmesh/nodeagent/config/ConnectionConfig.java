package dev.groundmesh.nodeagent.config;

import java.time.Duration;

/**
 * The limits and socket settings of relayed connections and of tunnels.
 *
 * @param connectTimeout longest time for a TCP connect
 * @param handshakeTimeout longest time for a TLS handshake and an HTTP/2 preface
 * @param workloadTimeout longest time that a connection waits for its own pod's Workload
 * @param maxConnectionsPerPod connections of one pod, both directions, beyond which new ones are
 *     shed
 * @param keepalive whether TCP keepalive is on
 * @param keepaliveIdle idle time before the first probe
 * @param keepaliveInterval time between probes
 * @param keepaliveProbes unanswered probes before the connection is given up
 * @param userTimeout whether TCP_USER_TIMEOUT is set to the keepalive's whole time
 * @param maxStreamsPerTunnel streams after which a tunnel takes no new ones
 * @param maxTunnels tunnels at once that the agent opens, over all pods
 * @param tunnelIdleTimeout idle time after which a pooled tunnel is closed
 * @param streamWindow initial HTTP/2 stream window, bytes
 * @param connectionWindow HTTP/2 connection window, bytes
 * @param frameSize largest HTTP/2 frame accepted, bytes
 */
public record ConnectionConfig(
    Duration connectTimeout,
    Duration handshakeTimeout,
    Duration workloadTimeout,
    int maxConnectionsPerPod,
    boolean keepalive,
    Duration keepaliveIdle,
    Duration keepaliveInterval,
    int keepaliveProbes,
    boolean userTimeout,
    int maxStreamsPerTunnel,
    int maxTunnels,
    Duration tunnelIdleTimeout,
    int streamWindow,
    int connectionWindow,
    int frameSize) {}
