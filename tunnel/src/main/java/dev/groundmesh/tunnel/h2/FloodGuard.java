package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Bounds what a peer may make us do for nothing. Each budget is far above what any honest peer
 * needs and far below what hurts; a peer that spends one is told ENHANCE_YOUR_CALM and cut.
 */
final class FloodGuard {
  /** Things a peer may do too often. */
  enum Kind {
    /** Streams reset before they were answered (CVE-2023-44487). */
    RAPID_RESET(1000, 200, ReasonCode.H2_RAPID_RESET),
    SETTINGS(100, 10, ReasonCode.H2_SETTINGS_FLOOD),
    PING(1000, 100, ReasonCode.H2_PING_FLOOD),
    /** DATA without bytes that ends nothing. */
    EMPTY_DATA(1000, 100, ReasonCode.H2_EMPTY_FRAMES_FLOOD),
    /** Frames that change nothing: PRIORITY, unknown ones, answers that nobody asked for. */
    IGNORED_FRAMES(2000, 200, ReasonCode.H2_CONTROL_FLOOD),
    /** Window updates beyond those that our own data may have caused. */
    WINDOW_UPDATE(10_000, 1000, ReasonCode.H2_CONTROL_FLOOD),
    /** Frames that we must answer with RST_STREAM. */
    STREAM_ERRORS(1000, 100, ReasonCode.H2_CONTROL_FLOOD);

    private final int capacity;
    private final int perSecond;
    private final ReasonCode reason;

    Kind(int capacity, int perSecond, ReasonCode reason) {
      this.capacity = capacity;
      this.perSecond = perSecond;
      this.reason = reason;
    }
  }

  private final LongSupplier nanoTime;
  private final Map<Kind, TokenBucket> buckets = new EnumMap<>(Kind.class);

  FloodGuard(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Counts one.
   *
   * @throws ConnectionFault when the budget is spent
   */
  void count(Kind kind) throws ConnectionFault {
    TokenBucket bucket = buckets.get(kind);
    if (bucket == null) {
      bucket = new TokenBucket(kind.capacity, kind.perSecond, nanoTime.getAsLong());
      buckets.put(kind, bucket);
    }
    if (!bucket.take(nanoTime)) {
      throw new ConnectionFault(H2Error.ENHANCE_YOUR_CALM, kind.reason, "flood: " + kind);
    }
  }
}
