package dev.groundmesh.meshapi.model;

/**
 * That a workload is an endpoint of a service.
 *
 * @param ports where this workload listens for each service port; a port that is not here is not
 *     served
 */
public record ServiceMembership(NamespacedHostname service, PortMap ports) {}
