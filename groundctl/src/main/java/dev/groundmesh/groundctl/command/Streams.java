package dev.groundmesh.groundctl.command;

import dev.groundmesh.groundctl.mesh.MeshClient;
import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command prints: picocli sets the specification before it calls a command. */
final class Streams {
  private Streams() {}

  static PrintWriter out(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "spec").commandLine().getOut();
  }

  static CommandLine line(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "spec").commandLine();
  }

  static PrintWriter err(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "spec").commandLine().getErr();
  }

  /** Tells who of several gave no answer; false if all did. */
  static boolean failures(@Nullable CommandSpec spec, MeshClient client) {
    PrintWriter err = err(spec);
    client
        .failures()
        .forEach((name, failure) -> err.println("groundctl: " + name + ": " + failure));
    err.flush();
    return !client.failures().isEmpty();
  }
}
