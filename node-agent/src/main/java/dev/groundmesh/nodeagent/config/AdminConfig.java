package dev.groundmesh.nodeagent.config;

/**
 * The ports that the agent serves on its own node.
 *
 * @param adminPort the admin endpoint, on loopback
 * @param metricsPort Prometheus
 * @param readinessPort readiness
 * @param ipv6 whether the wildcard address is {@code ::}
 */
public record AdminConfig(int adminPort, int metricsPort, int readinessPort, boolean ipv6) {}
