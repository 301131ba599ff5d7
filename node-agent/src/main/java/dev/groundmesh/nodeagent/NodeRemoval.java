package dev.groundmesh.nodeagent;

import dev.groundmesh.nodeagent.config.AgentConfig;
import dev.groundmesh.nodeagent.redirection.NodeRedirection;
import dev.groundmesh.nodeagent.redirection.RedirectionConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes off a node what an agent leaves in force there for the next one. */
final class NodeRemoval {
  private static final Logger log = LoggerFactory.getLogger(NodeRemoval.class);

  private NodeRemoval() {}

  /**
   * Releases every pod, removes the programs, and deletes what is kept in the agent's directories.
   * Connections that the former agent does not carry live on. In the namespaces of pods a rule
   * stays that applies to nothing any more.
   *
   * @throws IOException if something of it cannot be removed; trying again is allowed
   */
  static void remove(AgentConfig config) throws IOException {
    RedirectionConfig redirection =
        new RedirectionConfig(
            config.pinDirectory(), config.cgroupRoot(), config.failMode(), Duration.ofSeconds(3));
    int released = 0;
    try (NodeRedirection node = NodeRedirection.open(redirection)) {
      for (long pod : node.inherited()) {
        node.releaseInherited(pod);
        released++;
      }
    }
    for (Path directory : List.of(config.stateDirectory(), config.cni().runDirectory())) {
      empty(directory);
    }
    log.info("removed from the node, pods released={}", released);
  }

  /** Deletes all that is in a directory, which itself stays; nothing if there is none. */
  static void empty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(directory)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
