package dev.groundmesh.tunnel.header;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code 00-<32 hex>-<16 hex>-<2 hex>}. */
final class TraceParents {
  private static final char[] DIGITS = "0123456789abcdef".toCharArray();
  private static final int PARENT_AT = 36;
  private static final int FLAGS_AT = 53;

  private TraceParents() {}

  static TraceParent random(RandomGenerator random) {
    return new TraceParent(nonZero(random), random.nextLong(), nonZero(random), (byte) 0);
  }

  private static long nonZero(RandomGenerator random) {
    long value;
    do {
      value = random.nextLong();
    } while (value == 0);
    return value;
  }

  static @Nullable TraceParent parse(@Nullable CharSequence value) {
    if (value == null || value.length() != TraceParent.LENGTH) {
      return null;
    }
    if (value.charAt(0) != '0'
        || value.charAt(1) != '0'
        || value.charAt(2) != '-'
        || value.charAt(PARENT_AT - 1) != '-'
        || value.charAt(FLAGS_AT - 1) != '-'
        || !isHex(value, 3, PARENT_AT - 1)
        || !isHex(value, PARENT_AT, FLAGS_AT - 1)
        || !isHex(value, FLAGS_AT, TraceParent.LENGTH)) {
      return null;
    }
    long high = number(value, 3, 19);
    long low = number(value, 19, PARENT_AT - 1);
    long parent = number(value, PARENT_AT, FLAGS_AT - 1);
    if ((high == 0 && low == 0) || parent == 0) {
      return null;
    }
    return new TraceParent(high, low, parent, (byte) number(value, FLAGS_AT, TraceParent.LENGTH));
  }

  // Lower case only, as the standard asks of senders and receivers.
  private static boolean isHex(CharSequence value, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static long number(CharSequence value, int from, int to) {
    long number = 0;
    for (int i = from; i < to; i++) {
      number = (number << 4) | Character.digit(value.charAt(i), 16);
    }
    return number;
  }

  static String format(TraceParent trace) {
    StringBuilder out = new StringBuilder(TraceParent.LENGTH).append("00-");
    append(out, trace.traceIdHigh(), 16);
    append(out, trace.traceIdLow(), 16);
    append(out.append('-'), trace.parentId(), 16);
    append(out.append('-'), trace.flags(), 2);
    return out.toString();
  }

  static String hex(long value) {
    StringBuilder out = new StringBuilder(16);
    append(out, value, 16);
    return out.toString();
  }

  private static void append(StringBuilder out, long value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      out.append(DIGITS[(int) (value >>> shift) & 0xf]);
    }
  }
}
