/** PROXY protocol version 2. */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.tunnel.proxyprotocol;
