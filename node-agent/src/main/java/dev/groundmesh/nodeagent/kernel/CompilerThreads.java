package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The compilers of the JVM. The agent's command line makes them start with a high nice value: with
 * an AOT cache they begin with hundreds of methods at once, and on a node of few or busy CPUs the
 * start would wait for them. Once the agent serves they are to be as fast as its other threads, or
 * else it would stay slow under its first load.
 */
public final class CompilerThreads {
  private static final Path THREADS = Path.of("/proc/self/task");
  private static final int PRIO_PROCESS = 0;
  private static final int CALLING_THREAD = 0;
  private static final String ENDED = "";

  private CompilerThreads() {}

  /**
   * Gives the compilers the calling thread's nice value, which takes CAP_SYS_NICE if theirs is
   * higher (setpriority(2), which on Linux is about single threads). Idempotent; any thread.
   *
   * @throws IOException if the process's threads cannot be listed
   * @throws KernelException if it is not permitted; the compilers then stay as they are
   */
  public static void comeForward() throws IOException {
    int nice = Libc.getpriority(PRIO_PROCESS, CALLING_THREAD);
    boolean found = true;
    // A compiler may start another one meanwhile, whose nice value is the first one's.
    while (found) {
      found = false;
      for (int id : ids()) {
        if (Libc.getpriority(PRIO_PROCESS, id) > nice) {
          bringForward(id, nice);
          found = true;
        }
      }
    }
  }

  private static void bringForward(int id, int nice) throws KernelException {
    if (Libc.setpriority(PRIO_PROCESS, id, nice) != 0) {
      int errno = Libc.errno();
      // The JVM ends compilers that it has no work for.
      if (errno != Errno.ESRCH) {
        throw new KernelException("setpriority of a compiler to " + nice, errno);
      }
    }
  }

  /** The ids that the kernel gives the compilers' threads. */
  static List<Integer> ids() throws IOException {
    List<Integer> ids = new ArrayList<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        if (isCompiler(name(thread))) {
          ids.add(Integer.parseInt(thread.getFileName().toString()));
        }
      }
    }
    return ids;
  }

  private static String name(Path thread) throws IOException {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (NoSuchFileException e) {
      return ENDED;
    }
  }

  /** HotSpot names them so; the kernel keeps 15 characters of a name (proc_pid_comm(5)). */
  private static boolean isCompiler(String name) {
    return name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler");
  }
}
