package dev.groundmesh.nodeagent;

import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.nodeagent.cni.CniInstallation;
import dev.groundmesh.nodeagent.cni.CniServer;
import dev.groundmesh.nodeagent.cni.NamespacesFile;
import dev.groundmesh.nodeagent.cni.PodAdmission;
import dev.groundmesh.nodeagent.config.CniConfig;
import dev.groundmesh.nodeagent.enrolment.Enroller;
import dev.groundmesh.nodeagent.lifecycle.Repetition;
import dev.groundmesh.nodeagent.telemetry.AgentMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CNI of a Kubernetes node, as far as it is the agent's. Any thread. */
final class NodeCni implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeCni.class);
  private static final Duration UPKEEP = Duration.ofSeconds(1);

  private final CniConfig config;
  private final Supplier<MeshSnapshot> mesh;
  private final PodAdmission admission;
  private final CniServer server;
  private @Nullable Repetition upkeep;

  NodeCni(CniConfig config, Enroller enroller, Supplier<MeshSnapshot> mesh, AgentMetrics metrics) {
    this.config = config;
    this.mesh = mesh;
    this.admission =
        new PodAdmission(config.excludedNamespaces(), enroller, name -> mesh.get().namespace(name));
    this.server =
        new CniServer(
            config.socket(),
            admission,
            (command, outcome, took) ->
                metrics.time(
                    "groundmesh_cni_request_duration",
                    "How long the CNI plugin's requests took, by command and outcome",
                    took,
                    "command",
                    command.toLowerCase(Locale.ROOT),
                    "outcome",
                    outcome));
  }

  /** What is known of pods or namespaces has changed. */
  void changed() {
    admission.changed();
  }

  /** From now on the plugin's requests are this agent's; then the plugin is put in place. */
  synchronized void serve() {
    try {
      server.listen();
    } catch (IOException e) {
      log.error("{}: the CNI plugin cannot be answered: {}", config.socket(), e.getMessage(), e);
      return;
    }
    if (upkeep != null) {
      return;
    }
    NamespacesFile namespaces = new NamespacesFile(config.namespacesFile());
    CniInstallation installation = new CniInstallation(config);
    upkeep =
        new Repetition(
            "cni-upkeep",
            () -> {
              try {
                namespaces.write(mesh.get().namespaces());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              if (config.installed()) {
                installation.ensure();
              }
            },
            UPKEEP);
  }

  /** Takes the plugin off the node: pods that start from now on do not ask for an agent. */
  synchronized void remove() throws IOException {
    close();
    new CniInstallation(config).remove();
  }

  @Override
  public synchronized void close() {
    server.close();
    if (upkeep != null) {
      upkeep.close();
      upkeep = null;
    }
  }
}
