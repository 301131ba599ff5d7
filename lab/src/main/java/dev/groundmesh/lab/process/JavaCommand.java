package dev.groundmesh.lab.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a Java program.
 *
 * @param runtime the home of the Java runtime
 */
public record JavaCommand(
    Path runtime, ClassPath classPath, List<String> jvmOptions, String mainClass) {
  /** A program run by the same JDK as this JVM. */
  public JavaCommand(ClassPath classPath, List<String> jvmOptions, String mainClass) {
    this(Path.of(System.getProperty("java.home")), classPath, jvmOptions, mainClass);
  }

  public JavaCommand {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /** As {@code java} of a distribution would run a small tool. */
  public static JavaCommand tool(ClassPath classPath, String mainClass) {
    return new JavaCommand(
        classPath,
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"),
        mainClass);
  }

  /** The same program run by another Java runtime. */
  public JavaCommand runBy(Path anotherRuntime) {
    return new JavaCommand(anotherRuntime, classPath, jvmOptions, mainClass);
  }

  public JavaCommand with(String... moreOptions) {
    var options = new ArrayList<>(jvmOptions);
    options.addAll(List.of(moreOptions));
    return new JavaCommand(runtime, classPath, options, mainClass);
  }

  /**
   * Starts from an AOT cache made by {@link #trainingAotCache}; without the cache when it does not
   * fit.
   */
  public JavaCommand usingAotCache(Path cache) {
    return with("-XX:AOTCache=" + cache);
  }

  /** Writes an AOT cache of what the run used, when it ends in good order. */
  public JavaCommand trainingAotCache(Path cache) {
    return with("-XX:AOTCacheOutput=" + cache);
  }

  /** The whole command, with arguments for the program. */
  public List<String> line(String... arguments) {
    var line = new ArrayList<String>();
    line.add(runtime.resolve("bin").resolve("java").toString());
    line.addAll(jvmOptions);
    line.addAll(List.of("-cp", classPath.argument(), mainClass));
    line.addAll(List.of(arguments));
    return line;
  }
}
