package dev.groundmesh.nodeagent.kernel;

import java.io.IOException;

/** The kernel refused a call. The message names the call, its object and the error's name. */
public final class KernelException extends IOException {
  private final int errno;

  /**
   * @param call what was asked for, with the object it was asked on
   * @param errno the positive error number
   */
  public KernelException(String call, int errno) {
    this(call, errno, "");
  }

  /**
   * @param detail what else is known of the cause, empty if nothing
   */
  public KernelException(String call, int errno, String detail) {
    super(call + ": " + Errno.describe(errno) + (detail.isEmpty() ? "" : "\n" + detail));
    this.errno = errno;
  }

  /** The positive error number, as in errno(3). */
  public int errno() {
    return errno;
  }
}
