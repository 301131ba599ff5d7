package dev.groundmesh.meshapi.control;

import io.grpc.Status;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a call to the control plane ended, in words for a log. */
public final class CallEnd {
  private static final int CAUSES = 8;

  private CallEnd() {}

  /**
   * The status, what is said with it, and its causes down to the first: that a certificate is not
   * trusted stands in the last of them only. One line; what is said twice is told once.
   */
  public static String describe(Status end) {
    Set<String> said = new LinkedHashSet<>();
    add(said, end.getDescription());
    Throwable cause = end.getCause();
    for (int i = 0; i < CAUSES && cause != null; i++) {
      add(said, cause.getMessage());
      cause = cause.getCause();
    }
    return said.isEmpty()
        ? end.getCode().toString()
        : end.getCode() + ": " + String.join(": ", said);
  }

  /** gRPC appends the handlers of the connection in further lines. */
  private static void add(Set<String> said, @Nullable String message) {
    String line = message == null ? "" : message.lines().findFirst().orElse("").strip();
    if (!line.isEmpty() && said.stream().noneMatch(before -> before.contains(line))) {
      said.add(line);
    }
  }
}
