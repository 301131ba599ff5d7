package dev.groundmesh.nodeagent.log;

/** How a record becomes a line. */
public enum LogFormat {
  /** Tab separated: time, level, target, message and fields, as ztunnel writes it. */
  TEXT,
  /**
   * One JSON object a line, with {@code level}, {@code time}, {@code scope}, {@code message} and
   * the fields.
   */
  JSON;

  /**
   * Reads the setting {@code LOG_FORMAT}.
   *
   * @throws IllegalArgumentException for anything but {@code text}, {@code plain} and {@code json}
   */
  public static LogFormat parse(String value) {
    return switch (value) {
      case "", "text", "plain" -> TEXT;
      case "json" -> JSON;
      default ->
          throw new IllegalArgumentException("LOG_FORMAT: " + value + " (expected: text or json)");
    };
  }
}
