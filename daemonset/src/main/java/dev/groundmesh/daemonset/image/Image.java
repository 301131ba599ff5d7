package dev.groundmesh.daemonset.image;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An image before it is packed.
 *
 * @param name without a tag, {@code groundmesh/agent}
 * @param architecture as OCI names it, {@code amd64}
 * @param layers from the lowest, which changes least often, to the highest
 * @param user {@code uid:gid} of the process
 * @param entrypoint what is run
 * @param command its arguments unless others are given
 */
public record Image(
    String name,
    String tag,
    String architecture,
    List<FileTree> layers,
    String user,
    List<String> entrypoint,
    List<String> command,
    SortedMap<String, String> environment,
    SortedMap<String, String> labels) {
  /** Copies. */
  public Image {
    layers = List.copyOf(layers);
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    environment = new TreeMap<>(environment);
    labels = new TreeMap<>(labels);
  }

  /** {@code groundmesh/agent:1.0}. */
  public String reference() {
    return name + ':' + tag;
  }

  /** As containerd and Docker complete a name without a registry. */
  String fullReference() {
    return "docker.io/" + reference();
  }

  List<String> environmentLines() {
    return environment.entrySet().stream()
        .map((Map.Entry<String, String> one) -> one.getKey() + '=' + one.getValue())
        .toList();
  }
}
