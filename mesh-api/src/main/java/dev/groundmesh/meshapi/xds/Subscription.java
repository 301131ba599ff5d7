package dev.groundmesh.meshapi.xds;

import dev.groundmesh.meshapi.wire.ResourceType;

/**
 * Interest in one type of resource.
 *
 * @param type which
 * @param mode which of them
 * @param handler who takes them
 */
public record Subscription(ResourceType type, SubscriptionMode mode, ResourceHandler handler) {}
