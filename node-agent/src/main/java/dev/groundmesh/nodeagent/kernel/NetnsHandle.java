package dev.groundmesh.nodeagent.kernel;

import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open network namespace.
 *
 * <p>An open handle keeps the namespace and its devices alive after the pod's deletion, as does
 * every socket in it: whoever holds one looks at {@link #gone()} from time to time, and closes
 * both.
 *
 * <p>Thread-safe. A handle that is closed is entered no more: event loops may still be about to
 * make a socket in a pod whose handle the enrolment thread closes.
 */
public final class NetnsHandle implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NetnsHandle.class);
  private static final ThreadLocal<NetnsHandle> entered = new ThreadLocal<>();

  private final Path path;
  private final int fd;
  private final UseCount uses = new UseCount();
  private final Map<String, Object> identity;
  private final long cookie;

  private NetnsHandle(Path path, int fd, Map<String, Object> identity) throws KernelException {
    this.path = path;
    this.fd = fd;
    this.identity = identity;
    this.cookie = call(NetnsHandle::readCookie);
  }

  /** What runs inside a namespace. */
  @FunctionalInterface
  public interface Call<T, E extends Exception> {
    T run() throws E;
  }

  /** What runs inside a namespace and has no result. */
  @FunctionalInterface
  public interface Action<E extends Exception> {
    void run() throws E;
  }

  /**
   * Opens a namespace by a path such as {@code /var/run/netns/NAME} or {@code /proc/PID/ns/net}.
   *
   * @throws IOException if there is no network namespace, or the agent may not enter it
   */
  public static NetnsHandle open(Path path) throws IOException {
    int fd = Libc.open(path.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
    if (fd < 0) {
      throw new KernelException("open network namespace " + path, Libc.errno());
    }
    try {
      return new NetnsHandle(path, fd, identity(Path.of("/proc/self/fd", Integer.toString(fd))));
    } catch (IOException | RuntimeException e) {
      Libc.close(fd);
      throw e;
    }
  }

  /** Opens the namespace that a process is in; it is {@link #gone()} when the process has ended. */
  public static NetnsHandle ofProcess(long pid) throws IOException {
    return open(Path.of("/proc", Long.toString(pid), "ns/net"));
  }

  /** Opens the namespace that the agent itself is in, the node's. */
  public static NetnsHandle own() throws IOException {
    return open(Path.of("/proc/self/ns/net"));
  }

  /** The path it was opened by. */
  public Path path() {
    return path;
  }

  /** The kernel's number for this namespace, never used again until the next boot. */
  public long cookie() {
    return cookie;
  }

  /** The number of the namespace's file, by which other tools name it. */
  public long inode() {
    return ((Number) Objects.requireNonNull(identity.get("ino"))).longValue();
  }

  /** The open file of the namespace, owned by this handle. */
  public int fd() {
    return fd;
  }

  /** The index of a device in this namespace, if there is one of that name. */
  public OptionalInt deviceIndex(String name) throws KernelException {
    int index = this.<Integer, KernelException>call(() -> Libc.if_nametoindex(name));
    return index == 0 ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /**
   * Whether the path no longer leads to this namespace, so that the pod is deleted or about to be.
   */
  public boolean gone() {
    try {
      return !identity(path).equals(identity);
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Runs {@code body} with the calling thread inside this namespace, and brings the thread back
   * whatever happens. A thread that cannot be brought back would open sockets in the wrong pod, so
   * the process halts then.
   *
   * <p>Costs about 3 µs. {@code body} makes sockets and returns: it must not connect them, for a
   * connect from inside the pod's namespace is captured; nor enter another namespace; nor run on a
   * virtual thread.
   *
   * @throws KernelException if the namespace cannot be entered, or the handle is closed
   */
  public <T, E extends Exception> T call(Call<T, E> body) throws E, KernelException {
    if (Thread.currentThread().isVirtual() || entered.get() != null) {
      throw new IllegalStateException(
          "thread: "
              + Thread.currentThread()
              + " (expected: a platform thread in the agent's own namespace)");
    }
    if (!uses.enter()) {
      throw new KernelException("enter network namespace " + path + " that is closed", Errno.EBADF);
    }
    try {
      return inside(body);
    } finally {
      if (uses.leave()) {
        Libc.close(fd);
      }
    }
  }

  private <T, E extends Exception> T inside(Call<T, E> body) throws E, KernelException {
    int own = Own.fd;
    if (Libc.setns(fd, Libc.CLONE_NEWNET) != 0) {
      throw new KernelException("enter network namespace " + path, Libc.errno());
    }
    entered.set(this);
    try {
      return body.run();
    } finally {
      if (Libc.setns(own, Libc.CLONE_NEWNET) != 0) {
        log.error(
            "Cannot leave network namespace {}: {}; halting", path, Errno.describe(Libc.errno()));
        Runtime.getRuntime().halt(70);
      }
      entered.remove();
    }
  }

  /** As {@link #call} for a body without a result. */
  public <E extends Exception> void run(Action<E> body) throws E, KernelException {
    this.<Boolean, E>call(
        () -> {
          body.run();
          return true;
        });
  }

  @Override
  public void close() {
    if (uses.close()) {
      Libc.close(fd);
    }
  }

  @Override
  public String toString() {
    return path + " (cookie " + cookie + ")";
  }

  private static Map<String, Object> identity(Path path) throws IOException {
    return Files.readAttributes(path, "unix:dev,ino");
  }

  private static long readCookie() throws KernelException {
    int socket = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
    if (socket < 0) {
      throw new KernelException("socket", Libc.errno());
    }
    try {
      LongByReference value = new LongByReference();
      if (Libc.getsockopt(
              socket, Libc.SOL_SOCKET, Libc.SO_NETNS_COOKIE, value, new IntByReference(8))
          != 0) {
        throw new KernelException("getsockopt SO_NETNS_COOKIE", Libc.errno());
      }
      return value.getValue();
    } finally {
      Libc.close(socket);
    }
  }

  /**
   * The namespace of the process's first thread, which is where every thread is brought back to.
   */
  private static final class Own {
    static final int fd = Libc.open("/proc/self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC);
  }
}
