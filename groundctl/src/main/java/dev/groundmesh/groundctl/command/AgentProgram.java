package dev.groundmesh.groundctl.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.mesh.MeshException;
import dev.groundmesh.lab.process.ClassPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The node agent's own programs, run as processes: this command line links none of its code. */
final class AgentProgram {
  private static final String KERNEL_CHECK = "dev.groundmesh.nodeagent.KernelCheck";
  private static final Path PIN_DIRECTORY = Path.of("/sys/fs/bpf/groundmesh");

  private final ClassPath classPath;

  private AgentProgram(ClassPath classPath) {
    this.classPath = classPath;
  }

  static AgentProgram ofBuild(Path home) {
    return new AgentProgram(ClassPath.ofJars(home.resolve("node-agent/target/lib")));
  }

  /**
   * What the agent finds of its needs.
   *
   * @param cgroupRoot where the cgroup2 hierarchy is mounted
   */
  JsonNode kernelCheck(Path cgroupRoot) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    classPath.argument(),
                    KERNEL_CHECK,
                    PIN_DIRECTORY.toString(),
                    cgroupRoot.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    for (String line : output.lines().toList()) {
      if (line.startsWith("{\"fit\"")) {
        return new ObjectMapper().readTree(line);
      }
    }
    throw new MeshException(
        KERNEL_CHECK + " ended with status " + exit + ":\n" + output.strip(), null);
  }
}
