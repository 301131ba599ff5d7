package dev.groundmesh.meshapi.xds;

import java.time.Duration;

/**
 * How long to wait before the next stream: 10 ms, doubling to 15 s; to 2 s only before the first
 * one answered, for then the control plane is most likely starting as well, and all wait for it.
 */
final class StreamPause {
  private static final Duration INITIAL = Duration.ofMillis(10);
  private static final Duration MAX = Duration.ofSeconds(15);
  private static final Duration MAX_AT_FIRST = Duration.ofSeconds(2);

  private Duration last = INITIAL;
  private Duration max = MAX_AT_FIRST;

  void answered() {
    max = MAX;
  }

  Duration afterError() {
    Duration doubled = last.multipliedBy(2);
    last = doubled.compareTo(max) < 0 ? doubled : max;
    return last;
  }

  Duration afterCleanEnd() {
    last = INITIAL;
    return last;
  }
}
