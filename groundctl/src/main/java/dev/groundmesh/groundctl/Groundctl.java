package dev.groundmesh.groundctl;

import dev.groundmesh.groundctl.command.Commands;

/** Where the process starts. */
public final class Groundctl {
  private Groundctl() {}

  public static void main(String[] arguments) {
    // By a name of its own: the controller's classes, which are asked what objects mean, bring
    // theirs.
    System.setProperty("logback.configurationFile", "groundctl-logback.xml");
    System.exit(Commands.line().execute(arguments));
  }
}
