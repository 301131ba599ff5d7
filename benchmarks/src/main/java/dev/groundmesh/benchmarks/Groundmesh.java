package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.mesh.Mesh;
import dev.groundmesh.lab.process.Program;

/** Our own agent, with its settings as they are by default. */
record Groundmesh(Mesh mesh) implements DataPlane {
  static final String NAME = "groundmesh";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void prepare(Node node) {
    mesh.awaitToken(node);
  }

  @Override
  public void forget(Node node) {
    mesh.forgetState(node);
  }

  @Override
  public Program launch(Node node) {
    return mesh.agent(node).start();
  }
}
