package dev.groundmesh.daemonset;

import dev.groundmesh.daemonset.runtime.RuntimeModules;
import dev.groundmesh.lab.mesh.JvmProfile;
import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What one of our images is made from.
 *
 * @param program the image's name after {@code groundmesh/}
 * @param module whose {@code target/lib} holds the jars
 * @param title for people
 * @param modules of the Java runtime
 * @param profile the program's command line for a class path
 * @param systemLibraries of this machine, by file name, that the program loads itself
 * @param nativePrograms of this module's {@code target/native} that the program installs or is
 *     probed by
 * @param environment of the process
 * @param user {@code uid:gid} of the process
 */
record Recipe(
    String program,
    String module,
    String title,
    RuntimeModules modules,
    Function<ClassPath, JavaCommand> profile,
    List<String> systemLibraries,
    List<String> nativePrograms,
    SortedMap<String, String> environment,
    String user) {
  /** Nobody else's id, as distroless images have it. */
  private static final String UNPRIVILEGED = "65532:65532";

  static final Recipe AGENT =
      new Recipe(
          "agent",
          "node-agent",
          "Groundmesh node agent",
          RuntimeModules.AGENT,
          JvmProfile::agent,
          List.of("libbpf.so.1"),
          List.of("groundmesh-cni", "groundmesh-probe"),
          environment(JvmProfile.AGENT_ENVIRONMENT),
          "0:0");

  static final Recipe CONTROLLER =
      new Recipe(
          "controller",
          "controller",
          "Groundmesh controller",
          RuntimeModules.CONTROLLER,
          JvmProfile::controller,
          List.of(),
          List.of(),
          environment(Map.of()),
          UNPRIVILEGED);

  private static SortedMap<String, String> environment(Map<String, String> more) {
    SortedMap<String, String> all = new TreeMap<>(more);
    all.put("LC_ALL", "C.UTF-8");
    return all;
  }
}
