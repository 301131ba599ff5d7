package dev.groundmesh.nodeagent.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * One line under construction. A value is quoted and escaped where it has to be, so nothing that
 * comes from the network can end the line or forge a field. Used by one thread.
 */
public final class LogLine {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final LogFormat format;
  private final StringBuilder text = new StringBuilder(512);
  private boolean fields;

  LogLine(LogFormat format, Instant time, Level level, String target, String message) {
    this.format = format;
    String levelName = level.name().toLowerCase(Locale.ROOT);
    switch (format) {
      case TEXT -> {
        LogTime.append(text, time);
        text.append('\t').append(levelName).append('\t').append(target).append('\t');
        appendEscaped(message, false);
      }
      case JSON -> {
        text.append("{\"level\":\"").append(levelName).append("\",\"time\":\"");
        LogTime.append(text, time);
        text.append("\",\"scope\":");
        quote(target);
        text.append(",\"message\":");
        quote(message);
      }
    }
  }

  /** Adds a field; a null value leaves it out. */
  public LogLine field(String name, @Nullable String value) {
    if (value == null) {
      return this;
    }
    begin(name);
    if (format == LogFormat.JSON || needsQuotes(value)) {
      quote(value);
    } else {
      text.append(value);
    }
    return this;
  }

  /** Adds a field that is quoted in text too, as ztunnel does for names and durations. */
  public LogLine quoted(String name, @Nullable String value) {
    if (value != null) {
      begin(name);
      quote(value);
    }
    return this;
  }

  /** Adds a number. */
  public LogLine field(String name, long value) {
    begin(name);
    text.append(value);
    return this;
  }

  LogLine failure(@Nullable Throwable failure) {
    if (failure == null) {
      return this;
    }
    if (format == LogFormat.JSON) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      return field("exception", trace.toString());
    }
    field("exception", failure.toString());
    for (StackTraceElement frame : failure.getStackTrace()) {
      text.append("\n\tat ").append(frame);
    }
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append("\n\tcaused by ");
      appendEscaped(String.valueOf(cause), false);
    }
    return this;
  }

  byte[] bytes() {
    if (format == LogFormat.JSON) {
      text.append('}');
    }
    text.append('\n');
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void begin(String name) {
    switch (format) {
      case TEXT -> text.append(fields ? ' ' : '\t').append(name).append('=');
      case JSON -> text.append(",\"").append(name).append("\":");
    }
    fields = true;
  }

  private static boolean needsQuotes(String value) {
    if (value.isEmpty()) {
      return true;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) {
        return true;
      }
    }
    return false;
  }

  private void quote(String value) {
    text.append('"');
    appendEscaped(value, true);
    text.append('"');
  }

  private void appendEscaped(String value, boolean inQuotes) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> {
          if (inQuotes) {
            text.append('\\');
          }
          text.append(c);
        }
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
            text.append("\\u")
                .append(HEX[c >> 12])
                .append(HEX[(c >> 8) & 15])
                .append(HEX[(c >> 4) & 15])
                .append(HEX[c & 15]);
          } else {
            text.append(c);
          }
        }
      }
    }
  }
}
