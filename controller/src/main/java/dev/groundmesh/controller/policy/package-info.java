/** AuthorizationPolicy and PeerAuthentication to what an L4 proxy enforces. Pure functions. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.policy;
