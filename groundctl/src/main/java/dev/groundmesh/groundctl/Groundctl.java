package dev.groundmesh.groundctl;

import dev.groundmesh.groundctl.command.Commands;

/** Where the process starts. */
public final class Groundctl {
  private Groundctl() {}

  public static void main(String[] arguments) {
    System.exit(Commands.line().execute(arguments));
  }
}
