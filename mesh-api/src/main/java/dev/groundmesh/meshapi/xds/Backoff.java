package dev.groundmesh.meshapi.xds;

import java.time.Duration;

/** How long to wait before the next stream: 10 ms, doubling to 15 s. */
final class Backoff {
  private static final Duration INITIAL = Duration.ofMillis(10);
  private static final Duration MAX = Duration.ofSeconds(15);

  private Duration last = INITIAL;

  Duration afterError() {
    Duration doubled = last.multipliedBy(2);
    last = doubled.compareTo(MAX) < 0 ? doubled : MAX;
    return last;
  }

  Duration afterCleanEnd() {
    last = INITIAL;
    return last;
  }
}
