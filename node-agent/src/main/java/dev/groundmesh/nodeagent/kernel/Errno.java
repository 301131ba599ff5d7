package dev.groundmesh.nodeagent.kernel;

/** Error numbers of Linux, the same on every architecture that the agent runs on. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;

  private Errno() {}

  /** The kernel's words for an error number, for example {@code No such file or directory (2)}. */
  public static String describe(int errno) {
    return Libc.strerror(errno) + " (" + errno + ")";
  }
}
