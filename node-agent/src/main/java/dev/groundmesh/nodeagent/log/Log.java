package dev.groundmesh.nodeagent.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.Clock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/** Levels, format and writer together: the log of one process. Any thread may write. */
public final class Log {
  /**
   * The log that SLF4J's loggers of this process write to. SLF4J makes its provider by itself, so
   * this one thing cannot be passed in.
   */
  private static final Log PROCESS =
      new Log(
          new LogLevels(),
          LogFormat.parse(environment("LOG_FORMAT", "")),
          new LogWriter(new FileOutputStream(FileDescriptor.out)),
          Clock.systemUTC());

  static {
    try {
      PROCESS.levels.set(environment("LOG_LEVEL", environment("RUST_LOG", "info")));
    } catch (IllegalArgumentException e) {
      PROCESS.write(Level.WARN, "log", e.getMessage() + ": using info", line -> {});
    }
  }

  private final LogLevels levels;
  private final LogFormat format;
  private final LogWriter writer;
  private final Clock clock;

  Log(LogLevels levels, LogFormat format, LogWriter writer, Clock clock) {
    this.levels = levels;
    this.format = format;
    this.writer = writer;
    this.clock = clock;
  }

  /**
   * The log of this process, to standard output; {@code LOG_FORMAT} and {@code LOG_LEVEL} set it
   * up.
   */
  public static Log ofProcess() {
    return PROCESS;
  }

  public LogLevels levels() {
    return levels;
  }

  /** Lines dropped since the start; see {@link LogWriter}. */
  public long droppedLines() {
    return writer.droppedLines();
  }

  /** Whether a record of this target and level would be written. */
  public boolean enabled(String target, Level level) {
    return levels.enabled(target, level);
  }

  /** Writes one record whose fields {@code fields} adds, if its level is on. */
  public void write(
      Level level, String target, @Nullable String message, Consumer<LogLine> fields) {
    if (levels.enabled(target, level)) {
      LogLine line = new LogLine(format, clock.instant(), level, target, String.valueOf(message));
      fields.accept(line);
      writer.write(line.bytes());
    }
  }

  /** Writes what is pending; to be called last, as nothing is written after it. */
  public void close() {
    writer.close();
  }

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : value;
  }
}
