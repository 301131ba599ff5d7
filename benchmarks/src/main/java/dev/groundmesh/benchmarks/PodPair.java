package dev.groundmesh.benchmarks;

import dev.groundmesh.lab.Pod;

/** A client and the server that it talks to. */
record PodPair(Pod client, Pod server) {}
