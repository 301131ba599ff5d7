package dev.groundmesh.groundctl.output;

/** What a piece of text means; a terminal shows it by colour. */
public enum Style {
  PLAIN(""),
  GOOD("\u001b[32m"),
  BAD("\u001b[31m"),
  DOUBTFUL("\u001b[33m"),
  FAINT("\u001b[2m"),
  HEADING("\u001b[1m");

  private static final String RESET = "\u001b[0m";

  private final String start;

  Style(String start) {
    this.start = start;
  }

  /** The text with this style's colour, or as it is where colours are off. */
  public String apply(String text, boolean colours) {
    return colours && !start.isEmpty() ? start + text + RESET : text;
  }
}
