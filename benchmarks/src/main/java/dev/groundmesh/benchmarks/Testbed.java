package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Lab;
import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.Pod;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.JavaCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The cluster of one mode: for each subject two nodes of its own, alike, with a client and a
 * neighbour on one and a server on the other; a controller for those that are meshes.
 */
final class Testbed implements AutoCloseable {
  private final Lab lab;
  private final BenchOptions.Mode mode;
  private final int idlePods;
  private final Optional<Subject> outside;
  private final List<Subject> subjects = new ArrayList<>();

  /**
   * @param agents how our agents are run
   * @param idlePods further enrolled pods on the node of each mesh's client
   */
  Testbed(BenchOptions.Mode mode, BenchOptions options, JavaCommand agents, int idlePods) {
    this.mode = mode;
    this.idlePods = idlePods;
    lab = Lab.open("bench");
    Mesh mesh = Mesh.of(lab).withAgents(agents);
    if (options.wantsSubject(Results.DIRECT)) {
      subjects.add(subject(Results.DIRECT, Optional.empty()));
    }
    if (options.wantsSubject(Groundmesh.NAME)) {
      subjects.add(subject(Groundmesh.NAME, Optional.of(new Groundmesh(mesh))));
    }
    if (options.wantsSubject(Ztunnel.NAME)) {
      options
          .peer()
          .ifPresent(
              binary ->
                  subjects.add(subject(Ztunnel.NAME, Optional.of(new Ztunnel(mesh, binary)))));
    }
    if (subjects.stream().anyMatch(Subject::meshed)) {
      mesh.startController();
    }
    subjects.forEach(Subject::prepare);
    outside = outside();
  }

  /** Pods that are not of the mesh, on the nodes of our agents. */
  private Optional<Subject> outside() {
    return subjects.stream()
        .filter(subject -> subject.name().equals(Groundmesh.NAME))
        .findFirst()
        .map(
            meshed -> {
              Pod client = meshed.clientNode().pod("outside/client").start();
              Pod server = meshed.serverNode().pod("outside/server").start();
              Servers.start(server, lab.directory("servers/outside"));
              var pair = new PodPair(client, server);
              return new Subject(Groundmesh.NAME, pair, pair, Optional.empty());
            });
  }

  private Subject subject(String name, Optional<DataPlane> dataPlane) {
    Node a = lab.node(name + "-a");
    Node b = lab.node(name + "-b");
    if (mode == BenchOptions.Mode.PINNED) {
      a.pinned(0);
      b.pinned(1);
    }
    Pod client = a.pod(name + "/client").serviceAccount("client").start();
    Pod neighbour = a.pod(name + "/neighbour").serviceAccount("server").start();
    Pod server = b.pod(name + "/server").serviceAccount("server").start();
    Servers.start(server, lab.directory("servers/" + name));
    Servers.start(neighbour, lab.directory("servers/" + name));
    if (dataPlane.isPresent()) {
      for (int i = 0; i < idlePods; i++) {
        a.pod(name + "/idle-" + i).start();
      }
      lab.manifests().labelNamespace(name, "istio.io/dataplane-mode", "ambient");
      lab.manifests().apply(name + "-policy.yaml", policy(name));
    }
    return new Subject(
        name, new PodPair(client, server), new PodPair(client, neighbour), dataPlane);
  }

  private static String policy(String namespace) {
    return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata:
          name: own-namespace
          namespace: %1$s
        spec:
          action: ALLOW
          rules:
          - from:
            - source:
                namespaces: [%1$s]
        """
        .formatted(namespace);
  }

  List<Subject> subjects() {
    return List.copyOf(subjects);
  }

  /** Pods outside the mesh on our agents' nodes, as a subject of their own. */
  Optional<Subject> outsideSubject() {
    return outside;
  }

  Lab lab() {
    return lab;
  }

  @Override
  public void close() {
    lab.close();
  }
}
