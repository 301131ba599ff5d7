package dev.groundmesh.controller.cluster;

import dev.groundmesh.meshapi.retry.Backoff;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How soon what someone else changed is written again: at once where that is rare, ever later where
 * another writes as often as we do, so that two that disagree do not write without end. For one
 * thread.
 */
final class Repairs {

  /** Who leaves our writing alone for so long does not disagree with it. */
  static final Duration CALM = Duration.ofMinutes(5);

  private final Backoff pauses;
  private final Map<String, Written> written = new HashMap<>();

  /**
   * @param times writes without calm between them
   */
  private record Written(long nanos, int times) {}

  Repairs(Backoff pauses) {
    this.pauses = pauses;
  }

  /** How long to wait before an object is written; zero: now. */
  Duration pause(String object, long nowNanos) {
    Written last = written.get(object);
    if (last == null) {
      return Duration.ZERO;
    }
    Duration passed = Duration.ofNanos(nowNanos - last.nanos);
    Duration rest = pauses.after(last.times).minus(passed);
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  /**
   * Notes that an object was written.
   *
   * @return how often it was without calm in between, this time included
   */
  int wrote(String object, long nowNanos) {
    Written last = written.get(object);
    int times = last == null || nowNanos - last.nanos > CALM.toNanos() ? 1 : last.times + 1;
    written.put(object, new Written(nowNanos, times));
    return times;
  }

  /** Forgets an object that is gone. */
  void forget(String object) {
    written.remove(object);
  }

  /** Forgets all, as what is to be written is another now. */
  void forgetAll() {
    written.clear();
  }
}
