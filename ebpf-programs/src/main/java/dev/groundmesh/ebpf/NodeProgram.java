package dev.groundmesh.ebpf;

import java.util.Locale;

/** The programs at the cgroup root, each attached at the hook that it is named after. */
public enum NodeProgram {
  RECVMSG4,
  RECVMSG6,
  GETPEERNAME4,
  GETPEERNAME6,
  SENDMSG4,
  SENDMSG6,
  CONNECT4,
  CONNECT6;

  /** The name in the object. */
  public String programName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
