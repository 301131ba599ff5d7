package dev.groundmesh.controller.server;

import java.time.Duration;

/**
 * Bounds of the gRPC server.
 *
 * @param maxConnections further ones are closed at once
 * @param maxStreamsPerConnection calls at a time on one connection
 * @param handshakeTimeout for TLS and the HTTP/2 preface
 * @param maxIdle a connection without a call is closed after this
 * @param maxAge a connection is told to go away after about this, so that load spreads
 * @param ageGrace its streams are cut after this
 * @param keepAlive a silent connection is asked for a sign of life this often, and closed if none
 *     comes within a third of it
 * @param maxRequestBytes of one message; the list of what an agent holds is the largest
 */
public record ServerSettings(
    int maxConnections,
    int maxStreamsPerConnection,
    Duration handshakeTimeout,
    Duration maxIdle,
    Duration maxAge,
    Duration ageGrace,
    Duration keepAlive,
    int maxRequestBytes) {

  /** Istio's keepalive and connection age; room for 10,000 agents. */
  public static ServerSettings defaults() {
    return new ServerSettings(
        25_000,
        256,
        Duration.ofSeconds(20),
        Duration.ofMinutes(5),
        Duration.ofMinutes(30),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        64 << 20);
  }
}
