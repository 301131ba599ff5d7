package dev.groundmesh.nodeagent.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * The CNI plugin of the node.
 *
 * @param runDirectory where the plugin's socket and the file of namespaces are, by the same path in
 *     the agent's container and on the node
 * @param plugin the plugin's program, as the image has it; empty: the plugin is not installed
 * @param binaries where the node's CNI plugins are, as the agent sees it
 * @param configurations where the node's CNI configurations are, as the agent sees it
 * @param excludedNamespaces whose pods always start, and are never in the mesh
 */
public record CniConfig(
    Path runDirectory,
    Optional<Path> plugin,
    Optional<Path> binaries,
    Optional<Path> configurations,
    Set<String> excludedNamespaces) {

  public CniConfig {
    excludedNamespaces = Set.copyOf(excludedNamespaces);
  }

  /** Whether the agent puts the plugin in place. */
  public boolean installed() {
    return plugin.isPresent() && binaries.isPresent() && configurations.isPresent();
  }

  /** The socket that the plugin asks. */
  public Path socket() {
    return runDirectory.resolve("cni.sock");
  }

  /** What the plugin goes by while no agent answers. */
  public Path namespacesFile() {
    return runDirectory.resolve("namespaces");
  }
}
