package dev.groundmesh.controller.model;

/**
 * What is wrong with a manifest, and where.
 *
 * @param file empty where the object did not come from a file
 * @param line from 1; 0: unknown
 * @param column from 1; 0: unknown
 * @param field path inside the object, such as {@code spec.rules[0].from}; empty: the document
 *     itself
 * @param value what was found; empty where nothing was
 * @param expected what would have been right
 */
public record Problem(
    String file, int line, int column, String field, String value, String expected) {

  private static final int SHOWN_VALUE = 120;

  /** {@code file:line:column: field: value (expected: ...)}, leaving out what is not known. */
  public String message() {
    StringBuilder text = new StringBuilder(file);
    if (line > 0) {
      text.append(':').append(line).append(':').append(column);
    }
    if (!text.isEmpty()) {
      text.append(": ");
    }
    if (!field.isEmpty()) {
      text.append(field).append(": ");
    }
    String shown = value.isEmpty() ? "nothing" : value;
    text.append(shown.length() <= SHOWN_VALUE ? shown : shown.substring(0, SHOWN_VALUE) + "...");
    return text.append(" (expected: ").append(expected).append(')').toString();
  }
}
