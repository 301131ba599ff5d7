package dev.groundmesh.benchmarks.cluster;

import dev.groundmesh.e2e.cluster.Cluster;
import dev.groundmesh.e2e.cluster.ClusterNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Times the CNI plugins of a node from outside, as the container runtime sees them: the process's
 * start, its work and its end. Each plugin is hidden behind a script that runs and times it, for
 * the runtime alone: the agent, whose mounts are its own, still sees the plugin that it installed.
 */
final class PluginClock implements AutoCloseable {
  private static final String HOME = "/run/plugin-clock";
  private static final String PLUGINS = "/opt/cni/bin";

  private final Cluster cluster;
  private final ClusterNode node;
  private final List<String> plugins;

  /**
   * One ADD.
   *
   * @param plugin the file's name
   * @param arguments of the runtime, {@code K8S_POD_NAMESPACE} among them
   */
  record Added(String plugin, double millis, int exit, String arguments) {
    boolean of(String wantedPlugin, String namespace) {
      return plugin.equals(wantedPlugin)
          && (";" + arguments + ";").contains(";K8S_POD_NAMESPACE=" + namespace + ";");
    }
  }

  private PluginClock(Cluster cluster, ClusterNode node, List<String> plugins) {
    this.cluster = cluster;
    this.node = node;
    this.plugins = List.copyOf(plugins);
  }

  /** Begins to time these plugins of a node. */
  static PluginClock start(Cluster cluster, ClusterNode node, String... plugins) {
    var clock = new PluginClock(cluster, node, List.of(plugins));
    clock.run(
        """
        mkdir -p %1$s/real %1$s/timed
        cat >%1$s/timed.sh <<'SCRIPT'
        #!/bin/bash
        begun=$EPOCHREALTIME
        %1$s/real/"${0##*/}"
        status=$?
        ended=$EPOCHREALTIME
        [ "$CNI_COMMAND" != ADD ] || echo "${0##*/} $((${ended/[.,]/} - ${begun/[.,]/})) $status $CNI_ARGS" >>%1$s/times
        exit "$status"
        SCRIPT
        : >%1$s/times
        for plugin in %2$s; do
          cp -p %3$s/$plugin %1$s/real/$plugin
          cp %1$s/timed.sh %1$s/timed/$plugin
          chmod 755 %1$s/timed/$plugin
          mount --bind %1$s/timed/$plugin %3$s/$plugin
        done
        """
            .formatted(HOME, String.join(" ", plugins), PLUGINS));
    return clock;
  }

  /** What was timed since the last question. */
  List<Added> take() {
    String lines = run("mv %1$s/times %1$s/taken; : >>%1$s/times; cat %1$s/taken".formatted(HOME));
    var added = new ArrayList<Added>();
    for (String line : lines.lines().toList()) {
      String[] words = line.split(" ", 4);
      added.add(
          new Added(
              words[0],
              Long.parseLong(words[1]) / 1e3,
              Integer.parseInt(words[2]),
              words.length > 3 ? words[3] : ""));
    }
    return added;
  }

  private String run(String script) {
    return cluster.inNode(node, "bash", "-c", "set -e\n" + script).orThrow().stdout();
  }

  @Override
  public void close() {
    run(
        "for plugin in %2$s; do umount %3$s/$plugin; done; rm -rf %1$s"
            .formatted(HOME, String.join(" ", plugins), PLUGINS));
  }
}
