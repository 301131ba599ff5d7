package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.output.Terminal;
import picocli.CommandLine.Option;

/** When colours are used. */
final class ColourOption {
  /** The choices. */
  enum Colour {
    auto,
    always,
    never
  }

  @Option(
      names = "--color",
      defaultValue = "auto",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}: on a terminal)")
  private Colour colour = Colour.auto;

  boolean colours() {
    return switch (colour) {
      case always -> true;
      case never -> false;
      case auto -> Terminal.isPresent() && System.getenv("NO_COLOR") == null;
    };
  }
}
