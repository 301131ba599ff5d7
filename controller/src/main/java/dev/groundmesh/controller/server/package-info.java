/** The gRPC server: its TLS, whose certificate changes under way, and the bounds of connections. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.controller.server;
