package dev.groundmesh.groundctl.output;

import java.io.Console;

/** Whether a person is looking. */
public final class Terminal {
  private Terminal() {}

  /** True if standard input and output are a terminal. */
  // The JDK lets the console be null where a property replaces its provider.
  @SuppressWarnings("SystemConsoleNull")
  public static boolean isPresent() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
