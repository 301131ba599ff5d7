package dev.groundmesh.meshapi.xds;

import org.jspecify.annotations.Nullable;

/**
 * How up to date the client is. An immutable snapshot.
 *
 * @param synced whether every wildcard type was received once, so that what is not known does not
 *     exist
 * @param lastError why the last stream ended; null before the first end
 */
public record XdsStatus(boolean synced, @Nullable String lastError) {}
