package dev.groundmesh.controller.xds;

import java.time.Duration;

/**
 * Bounds of the discovery service.
 *
 * @param debounce how long changes are gathered before they are sent on; the first of them waits
 *     this long, none longer
 * @param firstRequestTimeout a stream that says nothing for this long is ended
 * @param answerTimeout a stream that leaves a response without an answer for this long is ended
 * @param maxStreams streams of all agents together
 * @param maxStreamsPerAccount streams of one node agent, or of one service account that is none; an
 *     upgrade needs two
 * @param concurrentSyncs streams that may send their first requests at a time
 * @param rememberedNames names of changes kept for those who lag behind
 */
public record DiscoverySettings(
    Duration debounce,
    Duration firstRequestTimeout,
    Duration answerTimeout,
    int maxStreams,
    int maxStreamsPerAccount,
    int concurrentSyncs,
    int rememberedNames) {

  public static DiscoverySettings defaults() {
    return new DiscoverySettings(
        Duration.ofMillis(5),
        Duration.ofSeconds(15),
        Duration.ofSeconds(60),
        10_000,
        8,
        8,
        400_000);
  }
}
