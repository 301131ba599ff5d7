package dev.groundmesh.groundctl.command;

/** What the process tells the shell. */
final class ExitCode {
  static final int OK = 0;

  /** The answer is no: not fit, not ready, not allowed. */
  static final int NO = 1;

  /** The command was called wrongly. */
  static final int USAGE = 2;

  /** The mesh cannot be asked. */
  static final int UNREACHABLE = 3;

  private ExitCode() {}
}
