package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.output.Table;
import dev.groundmesh.groundctl.output.Terminal;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** How an answer is written. */
final class OutputOptions {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How an answer is written. */
  enum Format {
    table,
    json
  }

  /** When colours are used. */
  enum Colour {
    auto,
    always,
    never
  }

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Format format = Format.table;

  @Option(
      names = "--color",
      defaultValue = "auto",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}: on a terminal)")
  private Colour colour = Colour.auto;

  boolean json() {
    return format == Format.json;
  }

  boolean colours() {
    return switch (colour) {
      case always -> true;
      case never -> false;
      case auto -> Terminal.isPresent() && System.getenv("NO_COLOR") == null;
    };
  }

  /** Prints what was asked for: the answer itself as JSON, or the table made of it. */
  void print(PrintWriter out, JsonNode answer, Table table) {
    if (json()) {
      printJson(out, answer);
    } else {
      table.print(out, colours());
    }
    out.flush();
  }

  static void printJson(PrintWriter out, JsonNode answer) {
    try {
      out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that was read can be written", e);
    }
  }
}
