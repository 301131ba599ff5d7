package dev.groundmesh.meshapi.routing;

import dev.groundmesh.meshapi.model.Workload;

/**
 * A workload that was chosen to take a connection.
 *
 * @param port where it listens, 1 to 65535
 */
record Endpoint(Workload workload, int port) {}
