package dev.groundmesh.lab;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Maps, lists and scalars as block-style YAML, the way people write Kubernetes manifests. */
final class Yaml {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*");
  private static final Pattern AMBIGUOUS =
      Pattern.compile("(?i)true|false|yes|no|on|off|null|y|n|nan|inf");

  private Yaml() {}

  /** Several documents in one file. */
  static String documents(List<Map<String, Object>> documents) {
    var text = new StringBuilder();
    for (Map<String, Object> document : documents) {
      if (!text.isEmpty()) {
        text.append("---\n");
      }
      text.append(document(document));
    }
    return text.toString();
  }

  static String document(Map<String, ?> object) {
    var text = new StringBuilder();
    map(text, object, 0, false);
    return text.toString();
  }

  private static void map(StringBuilder text, Map<?, ?> map, int indent, boolean firstInline) {
    boolean inline = firstInline;
    for (var entry : map.entrySet()) {
      indent(text, inline ? 0 : indent);
      inline = false;
      text.append(scalar(String.valueOf(entry.getKey()))).append(':');
      value(text, entry.getValue(), indent);
    }
  }

  private static void value(StringBuilder text, Object value, int indent) {
    switch (value) {
      case Map<?, ?> map when map.isEmpty() -> text.append(" {}\n");
      case List<?> list when list.isEmpty() -> text.append(" []\n");
      case Map<?, ?> map -> {
        text.append('\n');
        map(text, map, indent + 2, false);
      }
      case List<?> list -> {
        text.append('\n');
        for (Object item : list) {
          indent(text, indent);
          text.append("- ");
          if (item instanceof Map<?, ?> map) {
            map(text, map, indent + 2, true);
          } else {
            text.append(scalar(item)).append('\n');
          }
        }
      }
      default -> text.append(' ').append(scalar(value)).append('\n');
    }
  }

  private static String scalar(Object value) {
    if (!(value instanceof String string)) {
      return String.valueOf(value);
    }
    if (PLAIN.matcher(string).matches() && !AMBIGUOUS.matcher(string).matches()) {
      return string;
    }
    return '"' + string.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  private static void indent(StringBuilder text, int indent) {
    text.repeat(' ', indent);
  }
}
