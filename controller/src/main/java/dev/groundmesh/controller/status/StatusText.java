package dev.groundmesh.controller.status;

import java.util.Locale;

/** A status as YAML, in the shape of the status that Kubernetes keeps in the object. */
final class StatusText {

  private StatusText() {}

  static String of(ObjectStatus status) {
    StringBuilder text = new StringBuilder(256);
    text.append("kind: ").append(quoted(status.kind())).append('\n');
    text.append("metadata:\n");
    if (!status.namespace().isEmpty()) {
      text.append("  namespace: ").append(quoted(status.namespace())).append('\n');
    }
    text.append("  name: ").append(quoted(status.name())).append('\n');
    text.append("status:\n");
    if (!status.contentHash().isEmpty()) {
      text.append("  observedContent: ").append(quoted(status.contentHash())).append('\n');
    }
    if (!status.addresses().isEmpty()) {
      text.append("  addresses:\n");
      for (String address : status.addresses()) {
        text.append("  - value: ").append(quoted(address)).append('\n');
      }
    }
    text.append(status.conditions().isEmpty() ? "  conditions: []\n" : "  conditions:\n");
    for (Condition condition : status.conditions()) {
      text.append("  - type: ").append(quoted(condition.type())).append('\n');
      text.append("    status: ")
          .append(condition.status() ? "\"True\"" : "\"False\"")
          .append('\n');
      text.append("    reason: ").append(quoted(condition.reason())).append('\n');
      text.append("    message: ").append(quoted(condition.message())).append('\n');
    }
    return text.toString();
  }

  private static String quoted(String value) {
    StringBuilder text = new StringBuilder(value.length() + 2).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f || Character.isSurrogate(c) || c == 0xfeff) {
            text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    return text.append('"').toString();
  }
}
