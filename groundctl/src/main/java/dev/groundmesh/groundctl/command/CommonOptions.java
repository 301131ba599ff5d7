package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshContext;
import dev.groundmesh.groundctl.output.Table;
import dev.groundmesh.groundctl.output.Terminal;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every command that asks a mesh can be told. */
final class CommonOptions {
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
      names = "--context",
      paramLabel = "FILE",
      defaultValue = "${env:GROUNDMESH_CONTEXT}",
      description =
          "which mesh to ask (default: $GROUNDMESH_CONTEXT, else /run/groundmesh/context.json, else this host)")
  private @Nullable Path context;

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

  MeshClient client() {
    if (context != null) {
      return new MeshClient(MeshContext.read(context));
    }
    return new MeshClient(
        Files.exists(MeshContext.DEFAULT_FILE)
            ? MeshContext.read(MeshContext.DEFAULT_FILE)
            : MeshContext.LOCAL);
  }

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
