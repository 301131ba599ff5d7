package dev.groundmesh.nodeagent.kernel;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.ConnectException;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Error numbers of Linux, the same on every architecture that the agent runs on. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EBADF = 9;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int ENFILE = 23;
  public static final int EMFILE = 24;
  public static final int EPROTONOSUPPORT = 93;
  public static final int EOPNOTSUPP = 95;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;

  private static final Pattern NETTYS = Pattern.compile("error\\(-(\\d+)\\)");

  private Errno() {}

  /** The kernel's words for an error number, for example {@code No such file or directory (2)}. */
  public static String describe(int errno) {
    return Libc.strerror(errno) + " (" + errno + ")";
  }

  /** The error number in a failure of a socket's, or in its causes; empty if none has one. */
  public static OptionalInt of(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof KernelException e) {
        return OptionalInt.of(e.errno());
      }
      if (at instanceof NativeIoException e) {
        return OptionalInt.of(-e.expectedErr());
      }
      // Netty keeps the number of a failed connect to itself, but for the message.
      Matcher number = NETTYS.matcher(String.valueOf(at.getMessage()));
      if (at instanceof ConnectException && number.find()) {
        return OptionalInt.of(Integer.parseInt(number.group(1)));
      }
    }
    return OptionalInt.empty();
  }
}
