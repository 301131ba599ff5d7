package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Node;
import dev.groundmesh.lab.process.Program;

/** A mesh's program of one node: what is measured beside direct connections. */
interface DataPlane {
  /** The subject's name in results. */
  String name();

  /** What a node and its pods need once, before the first program. */
  void prepare(Node node);

  /** Leaves nothing of what the program keeps on a node's disk between two runs. */
  void forget(Node node);

  /** Launches the node's program; returns at once. */
  Program launch(Node node);
}
