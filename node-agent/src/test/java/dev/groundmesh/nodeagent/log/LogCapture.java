package dev.groundmesh.nodeagent.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;

/** A real log whose lines a test reads. */
public final class LogCapture {
  public static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-20T10:00:00.000125Z"), ZoneOffset.UTC);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final LogWriter writer = new LogWriter(out);
  private final Log log;

  public LogCapture(LogFormat format, String levels) {
    LogLevels parsed = new LogLevels();
    parsed.set(levels);
    log = new Log(parsed, format, writer, CLOCK);
  }

  public Log log() {
    return log;
  }

  /** Ends the log and gives what was written. */
  public String written() {
    writer.close();
    return out.toString(StandardCharsets.UTF_8);
  }
}
