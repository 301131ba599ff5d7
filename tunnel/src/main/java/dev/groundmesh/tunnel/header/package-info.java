/** The headers of a CONNECT request: parsed with bounds, written byte for byte as the peers do. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.tunnel.header;
