package dev.groundmesh.nodeagent.kernel;

import com.sun.jna.ptr.IntByReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/** Files and sockets by their numbers. Thread-safe. */
public final class FileDescriptors {
  private static final int SOCKADDR_BYTES = 28;

  private FileDescriptors() {}

  /** Opens a file or directory for reading. */
  public static int open(Path path) throws KernelException {
    int fd = Libc.open(path.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
    if (fd < 0) {
      throw new KernelException("open " + path, Libc.errno());
    }
    return fd;
  }

  /** Closes a file or socket. */
  public static void close(int fd) {
    Libc.close(fd);
  }

  /** The address that an IPv4 or IPv6 socket is bound to. */
  public static InetSocketAddress localAddress(int socket) throws KernelException {
    byte[] address = new byte[SOCKADDR_BYTES];
    if (Libc.getsockname(socket, address, new IntByReference(address.length)) != 0) {
      throw new KernelException("getsockname of " + socket, Libc.errno());
    }
    int family = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder()).getShort();
    int port = Short.toUnsignedInt(ByteBuffer.wrap(address).getShort(2));
    return switch (family) {
      case Libc.AF_INET -> new InetSocketAddress(of(Arrays.copyOfRange(address, 4, 8)), port);
      case Libc.AF_INET6 -> new InetSocketAddress(of(Arrays.copyOfRange(address, 8, 24)), port);
      default -> throw new KernelException("getsockname of " + socket, Errno.EAFNOSUPPORT);
    };
  }

  private static InetAddress of(byte[] address) {
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
