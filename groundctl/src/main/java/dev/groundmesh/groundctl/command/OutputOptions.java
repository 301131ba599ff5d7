package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.output.Table;
import java.io.PrintWriter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How an answer is written. */
final class OutputOptions {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How an answer is written. */
  enum Format {
    table,
    json
  }

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Format format = Format.table;

  @Mixin private ColourOption colour = new ColourOption();

  boolean json() {
    return format == Format.json;
  }

  boolean colours() {
    return colour.colours();
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
