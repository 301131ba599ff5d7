/**
 * Where a connection goes: the outbound decision, the inbound rules, and the choice of endpoint and
 * waypoint, pure.
 */
@NullMarked
package dev.groundmesh.meshapi.routing;

import org.jspecify.annotations.NullMarked;
