package dev.groundmesh.tunnel.observer;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.header.TraceParent;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a connection when its proxy has decided where it goes.
 *
 * @param direction which end the proxy stands at
 * @param sourceAddress who opened it
 * @param destinationAddress the real next hop, so with port 15008 where a tunnel is used
 * @param hboneAuthority the tunnel's {@code :authority}; null without a tunnel
 * @param source the end that opened it
 * @param sourceIdentity proven by TLS or by the kernel on one node; null without
 * @param destination the end that accepts it: the waypoint, where one is used
 * @param destinationIdentity proven by TLS or by the kernel on one node; null without
 * @param service the Service that was addressed; null without
 * @param mutualTls whether both ends are authenticated: {@code connection_security_policy}
 * @param trace the connection's own trace; null without
 */
public record ConnectionAttributes(
    Direction direction,
    InetSocketAddress sourceAddress,
    InetSocketAddress destinationAddress,
    @Nullable String hboneAuthority,
    WorkloadAttributes source,
    @Nullable SpiffeId sourceIdentity,
    WorkloadAttributes destination,
    @Nullable SpiffeId destinationIdentity,
    @Nullable ServiceAttributes service,
    boolean mutualTls,
    @Nullable TraceParent trace) {}
