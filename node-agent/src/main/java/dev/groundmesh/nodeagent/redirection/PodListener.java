package dev.groundmesh.nodeagent.redirection;

import dev.groundmesh.ebpf.ListenerKind;

/**
 * One of the agent's listening sockets in a pod's network namespace, bound to loopback on any port.
 * It stays its owner's; when it is closed the redirection of its kind and family counts as dead.
 *
 * @param kind what connections it takes
 * @param fd the listening socket, or the bound one for {@link ListenerKind#DNS_UDP}
 */
public record PodListener(ListenerKind kind, int fd) {}
