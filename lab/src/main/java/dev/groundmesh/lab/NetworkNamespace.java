package dev.groundmesh.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Java code inside a network namespace: setns(2) on a thread that is used for nothing else. */
final class NetworkNamespace {
  private static final int O_RDONLY_CLOEXEC = 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;
  private static final Linker LINKER = Linker.nativeLinker();

  @SuppressWarnings("restricted")
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  @SuppressWarnings("restricted")
  private static final MethodHandle SETNS =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("setns"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  @SuppressWarnings("restricted")
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private NetworkNamespace() {}

  /**
   * Runs the work on a new platform thread that is in the namespace and ends with it. Sockets made
   * by the work stay in the namespace when used from elsewhere.
   */
  static <T> T call(Path namespace, Callable<T> work) throws Exception {
    var task =
        new FutureTask<T>(
            () -> {
              enter(namespace);
              return work.call();
            });
    Thread thread = Thread.ofPlatform().name("in-" + namespace.getFileName()).daemon().start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof Exception exception) {
        throw exception;
      }
      throw e;
    } finally {
      thread.interrupt();
    }
  }

  private static void enter(Path namespace) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(namespace.toString());
      int fd = (int) OPEN.invokeExact(path, O_RDONLY_CLOEXEC);
      if (fd < 0) {
        throw new IllegalStateException(
            namespace + ": cannot be opened (expected: a network namespace)");
      }
      int result = (int) SETNS.invokeExact(fd, CLONE_NEWNET);
      int ignored = (int) CLOSE.invokeExact(fd);
      if (result != 0) {
        throw new IllegalStateException(namespace + ": setns failed (expected: root)");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
