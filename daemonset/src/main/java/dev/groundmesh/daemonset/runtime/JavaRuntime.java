package dev.groundmesh.daemonset.runtime;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.spi.ToolProvider;

/** Links a Java runtime of the JDK that runs this. */
public final class JavaRuntime {
  private JavaRuntime() {}

  /**
   * Writes a runtime of the modules alone, without what only developers need.
   *
   * @param home a path that does not exist yet
   * @throws IOException if the JDK has no {@code jlink} or it fails; the message is its output
   */
  public static void link(RuntimeModules modules, Path home) throws IOException {
    ToolProvider jlink =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() -> new IOException("jlink: missing (expected: a whole JDK)"));
    var output = new StringWriter();
    var printer = new PrintWriter(output);
    int status =
        jlink.run(
            printer,
            printer,
            "--add-modules",
            String.join(",", modules.needed()),
            "--strip-debug",
            // Nearly every class comes from the AOT cache, so that few are ever unpacked.
            "--compress=zip-9",
            "--no-header-files",
            "--no-man-pages",
            "--exclude-files=/java.base/lib/classlist,/java.base/bin/keytool,/java.base/lib/jexec,/java.base/lib/jrt-fs.jar,/jdk.httpserver/bin/jwebserver",
            "--output",
            home.toString());
    if (status != 0) {
      throw new IOException("jlink: " + output);
    }
  }
}
