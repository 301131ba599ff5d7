package dev.groundmesh.tunnel.observer;

import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection that ended before it was known who talks to whom.
 *
 * @param direction which end the proxy stands at
 * @param sourceAddress who opened it
 * @param destinationAddress where it was meant to go, as far as known; null when not known
 * @param reason why
 * @param detail what happened, for people; null when the reason says it all
 */
public record RefusedConnection(
    Direction direction,
    InetSocketAddress sourceAddress,
    @Nullable InetSocketAddress destinationAddress,
    ReasonCode reason,
    @Nullable String detail) {}
