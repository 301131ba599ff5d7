package dev.groundmesh.nodeagent.kernel;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import org.jspecify.annotations.Nullable;

/** The functions of the C library that the agent needs, bound once. All are thread-safe. */
final class Libc {
  static final int O_RDONLY = 0;
  static final int O_CLOEXEC = 0x80000;
  static final int CLONE_NEWNET = 0x40000000;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int AF_NETLINK = 16;
  static final int SOCK_STREAM = 1;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_RAW = 3;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int IPPROTO_IP = 0;
  static final int IPPROTO_RAW = 255;
  static final int SOL_SOCKET = 1;
  static final int SO_NETNS_COOKIE = 71;

  static {
    Native.register(Libc.class, "libc.so.6");
  }

  private Libc() {}

  static native int open(String path, int flags);

  static native int close(int fd);

  static native int setns(int fd, int kind);

  static native int socket(int domain, int type, int protocol);

  static native long send(int fd, byte[] bytes, long length, int flags);

  static native long recv(int fd, byte[] bytes, long length, int flags);

  static native int getsockname(int fd, byte[] address, IntByReference length);

  static native int getsockopt(
      int fd, int level, int name, LongByReference value, IntByReference length);

  static native int getsockopt(int fd, int level, int name, byte[] value, IntByReference length);

  static native int mount(
      String source, String target, String kind, long flags, @Nullable Pointer data);

  static native int if_nametoindex(String name);

  static native int madvise(long address, long length, int advice);

  static native int getpriority(int which, int who);

  static native int setpriority(int which, int who, int nice);

  static native int clock_gettime(int clock, long[] secondsAndNanos);

  private static native Pointer strerror_r(int errno, byte[] buffer, long length);

  /** The words for an error number. */
  static String strerror(int errno) {
    // glibc's own strerror_r returns the text, which is not always in the buffer.
    return strerror_r(errno, new byte[128], 128).getString(0);
  }

  /** The error number of the last call of this thread. */
  static int errno() {
    return Native.getLastError();
  }
}
