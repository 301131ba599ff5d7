package dev.groundmesh.nodeagent.log;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The time of a line: {@code 2026-11-20T10:00:00.000125Z}. Lines come by thousands a second, so the
 * formatter is asked once a second. Any thread.
 */
final class LogTime {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.", Locale.ROOT).withZone(ZoneOffset.UTC);

  private record Second(long epochSecond, String text) {}

  private static volatile Second last = second(0);

  private LogTime() {}

  static void append(StringBuilder out, Instant time) {
    Second known = last;
    if (known.epochSecond != time.getEpochSecond()) {
      known = second(time.getEpochSecond());
      last = known;
    }
    out.append(known.text);
    int micros = time.getNano() / 1000;
    for (int unit = 100_000; unit > 0; unit /= 10) {
      out.append((char) ('0' + micros / unit % 10));
    }
    out.append('Z');
  }

  private static Second second(long epochSecond) {
    return new Second(epochSecond, SECONDS.format(Instant.ofEpochSecond(epochSecond)));
  }
}
