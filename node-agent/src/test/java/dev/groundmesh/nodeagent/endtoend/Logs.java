package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.process.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** Logs that outlive their lab, for whoever looks for the reason of a failure. */
final class Logs {
  private static final Path KEPT = Path.of("target", "endtoend-logs");

  private Logs() {}

  static void keep(@Nullable Program... programs) throws IOException {
    Files.createDirectories(KEPT);
    for (Program program : programs) {
      if (program != null) {
        Path log = program.logFile();
        Files.copy(log, KEPT.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
