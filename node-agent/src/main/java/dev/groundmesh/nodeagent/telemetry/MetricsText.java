package dev.groundmesh.nodeagent.telemetry;

/** Writes Prometheus' text format, version 0.0.4. */
final class MetricsText {
  private final StringBuilder out;

  MetricsText(StringBuilder out) {
    this.out = out;
  }

  MetricsText family(String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return this;
  }

  /**
   * Adds a sample.
   *
   * @param labels as they stand between the braces; empty for none
   */
  MetricsText sample(String name, String labels, long value) {
    out.append(name);
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value).append('\n');
    return this;
  }

  static void escape(StringBuilder out, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> out.append("\\\\");
        case '"' -> out.append("\\\"");
        case '\n' -> out.append("\\n");
        default -> out.append(c);
      }
    }
  }
}
