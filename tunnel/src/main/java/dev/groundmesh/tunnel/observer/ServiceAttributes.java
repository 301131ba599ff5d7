package dev.groundmesh.tunnel.observer;

/**
 * The Service by which a destination was reached.
 *
 * @param hostname fully qualified
 * @param name short
 * @param namespace of the Service
 */
public record ServiceAttributes(String hostname, String name, String namespace) {}
