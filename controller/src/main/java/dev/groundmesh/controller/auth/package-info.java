/** Who calls, and whom a node may speak for. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.auth;
