package dev.groundmesh.lab.process;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where a program runs: what it has to pass through before its own command, and where its traces
 * go.
 */
public interface Surroundings {
  /** The host's name, for logs and errors. */
  String host();

  /**
   * The commands that enter the surroundings and join the cgroup, each executing the next in its
   * own place.
   */
  List<String> entry(Cgroup cgroup);

  /** The parent of the programs' cgroups. */
  Cgroup cgroup();

  /** The directory of the logs. */
  Path logs();

  /** The CPU that programs are kept on, if any. */
  OptionalInt cpu();
}
