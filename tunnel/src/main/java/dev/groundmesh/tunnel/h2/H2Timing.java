package dev.groundmesh.tunnel.h2;

import java.time.Duration;

/**
 * How long a connection waits.
 *
 * @param settings for the peer's first SETTINGS, and for its acknowledgement of ours
 * @param pingInterval before the first PING, and between an answer and the next PING
 * @param pingTimeout for the answer to a PING
 */
public record H2Timing(Duration settings, Duration pingInterval, Duration pingTimeout) {}
