package dev.groundmesh.lab.mesh;

import dev.groundmesh.lab.process.ClassPath;
import dev.groundmesh.lab.process.JavaCommand;
import java.util.List;
import java.util.Map;

/** How the JVMs of the mesh are run; the one place of their flags. */
public final class JvmProfile {
  static final String AGENT_MAIN = "dev.groundmesh.nodeagent.NodeAgent";
  static final String CONTROLLER_MAIN = "dev.groundmesh.controller.Controller";

  /**
   * Of native memory (mallopt(3)): few arenas, so that what native code frees in one thread is used
   * by the others. And a fixed size, in bytes, that the free end of an arena keeps: of itself glibc
   * lets that grow with what was freed, and neither it nor the JVM's trimming ever gives back the
   * end of an arena other than the first, where compilers leave 8 MiB and more after a burst.
   */
  public static final Map<String, String> AGENT_ENVIRONMENT =
      Map.of("MALLOC_ARENA_MAX", "2", "MALLOC_TRIM_THRESHOLD_", "1048576");

  private static final List<String> AGENT =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-Xms8m",
          "-Xmx64m",
          "-XX:MaxDirectMemorySize=96m",
          // Compiled code has all branches, not those alone that were taken so far: else the first
          // connection of a new kind throws the data path's methods back into the interpreter, and
          // all connections wait for up to a second.
          "-XX:PerMethodTrapLimit=0",
          // Profiles come with the AOT cache: what is called often is compiled for good after a
          // third of the usual calls, and the slow seconds after a start or a first burst are
          // fewer.
          "-XX:Tier4InvocationThreshold=1500",
          "-XX:Tier4MinInvocationThreshold=200",
          "-XX:Tier4CompileThreshold=4000",
          // Compilers leave the CPU to the rest of the agent until it serves, which then brings
          // them
          // forward: with a cache they begin with hundreds of methods at once.
          "-XX:ThreadPriorityPolicy=1",
          "-XX:CompilerThreadPriority=10",
          // What compilers needed while the agent warmed up, 20 MiB and more, goes back.
          "-XX:TrimNativeHeapInterval=5000",
          // An AOT cache stays as it is on disk: no work at the start, and its pages are shared by
          // all agents.
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:ArchiveRelocationMode=0",
          // Netty's events for the flight recorder would load the recorder into every agent.
          "-Dio.netty.jfr.enabled=false",
          // Netty would look through all devices of a node, and there is one for each pod, to give
          // channels names that are unique in the world; nobody reads them.
          "-Dio.netty.machineId=02:00:00:00:00:00:00:00",
          // Native libraries are named as the dynamic linker knows them; JNA would run ldconfig to
          // look for them by itself.
          "-Djna.platform.library.path=",
          // A method that is called once by reflection is not worth classes made for it.
          "-Djdk.reflect.useNativeAccessorOnly=true",
          "-XX:-UsePerfData",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "-Dio.netty.tryReflectionSetAccessible=true",
          "-Dio.netty.leakDetection.level=disabled",
          // The class path of tests and benchmarks holds the controller's logger too.
          "-Dslf4j.internal.verbosity=WARN",
          "-Dslf4j.provider=dev.groundmesh.nodeagent.log.AgentLoggerProvider");

  private static final List<String> CONTROLLER =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-Xmx512m",
          "-XX:-UsePerfData",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "-Dio.netty.tryReflectionSetAccessible=true",
          "-Dslf4j.internal.verbosity=WARN",
          "-Dslf4j.provider=ch.qos.logback.classic.spi.LogbackServiceProvider");

  private JvmProfile() {}

  public static JavaCommand agent(ClassPath classPath) {
    return new JavaCommand(classPath, AGENT, AGENT_MAIN);
  }

  public static JavaCommand controller(ClassPath classPath) {
    return new JavaCommand(classPath, CONTROLLER, CONTROLLER_MAIN);
  }
}
