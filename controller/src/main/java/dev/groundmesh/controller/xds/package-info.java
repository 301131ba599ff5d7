/**
 * Delta ADS for node agents: who subscribes to what, what each was told, and what it answered.
 *
 * <p>A change is encoded once for all who stand at the same revision. A subscriber that has not
 * answered costs nothing but its own position: what it missed is put together when it is ready.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.xds;
