package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.nodeagent.config.FailMode;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How one node's redirection is set up.
 *
 * @param pinDirectory where programs and maps are pinned, of this agent alone; on a bpf file
 *     system, which is mounted if it is not there
 * @param cgroupRoot the root of the cgroup2 hierarchy, or a directory that it is mounted below
 * @param failMode what happens to the pods' new connections while no agent is alive
 * @param heartbeatTimeout how long after the last heartbeat an agent counts as dead; positive
 */
public record RedirectionConfig(
    Path pinDirectory, Path cgroupRoot, FailMode failMode, Duration heartbeatTimeout) {

  /**
   * Pins below {@code /sys/fs/bpf/groundmesh}, finds the cgroup root, fails closed 10 s after the
   * last heartbeat.
   */
  public static final RedirectionConfig DEFAULT =
      new RedirectionConfig(
          Path.of("/sys/fs/bpf/groundmesh"),
          Path.of("/sys/fs/cgroup"),
          FailMode.CLOSED,
          Duration.ofSeconds(10));

  public RedirectionConfig {
    if (!heartbeatTimeout.isPositive()) {
      throw new IllegalArgumentException(
          "heartbeatTimeout: " + heartbeatTimeout + " (expected: a positive duration)");
    }
  }
}
