package dev.groundmesh.controller.policy;

import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.meshapi.proto.security.Authorization;
import org.jspecify.annotations.Nullable;

/**
 * What became of an AuthorizationPolicy.
 *
 * @param authorization what L4 proxies enforce; null: nothing of it is for them
 * @param condition what its author is told; null: there is nothing to say about L4
 */
public record Conversion(@Nullable Authorization authorization, @Nullable Condition condition) {}
