package dev.groundmesh.tunnel.header;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * W3C trace context of a connection, version 00.
 *
 * @param traceIdHigh the first 8 bytes of the trace id
 * @param traceIdLow the last 8 bytes of the trace id; not both zero
 * @param parentId the id of the sender's span; not zero
 * @param flags one byte; bit 0 = sampled
 */
public record TraceParent(long traceIdHigh, long traceIdLow, long parentId, byte flags) {

  /** The exact length of the header's value. */
  public static final int LENGTH = 55;

  /** A new trace, not sampled. */
  public static TraceParent random(RandomGenerator random) {
    return TraceParents.random(random);
  }

  /** The header's value read, or null when malformed. */
  public static @Nullable TraceParent parse(@Nullable CharSequence value) {
    return TraceParents.parse(value);
  }

  /** The header's value. */
  public String format() {
    return TraceParents.format(this);
  }

  /** The trace id, 32 hexadecimal digits. */
  public String traceId() {
    return TraceParents.hex(traceIdHigh) + TraceParents.hex(traceIdLow);
  }
}
