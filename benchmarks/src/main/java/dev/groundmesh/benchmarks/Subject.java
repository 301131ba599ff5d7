package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One way for pods to be joined, on two nodes of its own, with whatever programs are in between.
 */
final class Subject {
  /** Generous, for a machine that others keep busy; what it took is a figure of its own. */
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);

  private static final int LAST_LINES = 20;

  private final String name;
  private final PodPair across;
  private final PodPair sameNode;
  private final Optional<DataPlane> dataPlane;
  private Duration readyAfter = Duration.ZERO;
  private final List<Program> proxies = new ArrayList<>();

  Subject(String name, PodPair across, PodPair sameNode, Optional<DataPlane> dataPlane) {
    this.name = name;
    this.across = across;
    this.sameNode = sameNode;
    this.dataPlane = dataPlane;
  }

  String name() {
    return name;
  }

  /** A client and a server on two nodes. */
  PodPair across() {
    return across;
  }

  /** The same client and a server on its own node. */
  PodPair sameNode() {
    return sameNode;
  }

  Node clientNode() {
    return across.client().node();
  }

  Node serverNode() {
    return across.server().node();
  }

  /** Whether programs are in the path at all. */
  boolean meshed() {
    return dataPlane.isPresent();
  }

  void prepare() {
    dataPlane.ifPresent(
        plane -> {
          plane.prepare(clientNode());
          plane.prepare(serverNode());
        });
  }

  /** Makes the next start the first one of these nodes. */
  void forget() {
    dataPlane.ifPresent(
        plane -> {
          plane.forget(clientNode());
          plane.forget(serverNode());
        });
  }

  /** Starts the programs of both nodes and waits until they serve. */
  void start() {
    if (dataPlane.isEmpty()) {
      return;
    }
    DataPlane plane = dataPlane.get();
    Program one = plane.launch(clientNode());
    Program other = plane.launch(serverNode());
    proxies.add(one.await(Mesh.ready(clientNode()), READY_LIMIT));
    readyAfter = one.age();
    proxies.add(other.await(Mesh.ready(serverNode()), READY_LIMIT));
  }

  /** Starts the program of the client's node, alone, and when it serves that of the other. */
  void startInTurn() {
    if (dataPlane.isEmpty()) {
      return;
    }
    DataPlane plane = dataPlane.get();
    proxies.add(plane.launch(clientNode()).await(Mesh.ready(clientNode()), READY_LIMIT));
    readyAfter = proxies.getFirst().age();
    proxies.add(plane.launch(serverNode()).await(Mesh.ready(serverNode()), READY_LIMIT));
  }

  /** Time from launching the client's node's program to its readiness, at the last start. */
  Duration readyAfter() {
    return readyAfter;
  }

  /** Ends the programs of both nodes. */
  void stop() {
    proxies.forEach(Program::close);
    proxies.clear();
  }

  /** The program on the client's node. */
  Program clientProxy() {
    return proxies.getFirst();
  }

  /** The program on the server's node. */
  Program serverProxy() {
    return proxies.getLast();
  }

  double proxyCpuSeconds() {
    return proxies.stream().mapToDouble(proxy -> proxy.cpuTime().total().toNanos() / 1e9).sum();
  }

  /** The last of what the programs logged, for when something failed. */
  String lastWords() {
    var words = new StringBuilder();
    for (Program proxy : proxies) {
      List<String> lines = proxy.log().lines().toList();
      words.append(proxy).append(":\n");
      lines
          .subList(Math.max(0, lines.size() - LAST_LINES), lines.size())
          .forEach(line -> words.append("  ").append(line).append('\n'));
    }
    return words.toString();
  }

  @Override
  public String toString() {
    return name;
  }
}
