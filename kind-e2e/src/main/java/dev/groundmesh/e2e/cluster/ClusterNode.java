package dev.groundmesh.e2e.cluster;

/**
 * A node.
 *
 * @param address its internal IP
 */
public record ClusterNode(String name, String address) {}
