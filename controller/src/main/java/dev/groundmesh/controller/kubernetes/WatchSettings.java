package dev.groundmesh.controller.kubernetes;

import dev.groundmesh.meshapi.retry.Backoff;
import java.time.Duration;

/**
 * How the API server is watched.
 *
 * @param pageSize objects in one answer to a list
 * @param silence after which a list or watch is taken for dead and asked for anew; watches that
 *     live are ended by the API server, at our wish, some time before
 * @param absentRetry how often a kind is looked for that the cluster does not have
 * @param absentGrace how long a kind that was there must be gone before its objects are
 * @param retry pauses after failures
 */
public record WatchSettings(
    int pageSize, Duration silence, Duration absentRetry, Duration absentGrace, Backoff retry) {

  /** For a real cluster. */
  public static WatchSettings defaults() {
    return new WatchSettings(
        500,
        Duration.ofSeconds(90),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5)));
  }
}
