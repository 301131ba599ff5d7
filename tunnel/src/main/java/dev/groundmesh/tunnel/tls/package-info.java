/**
 * TLS between workloads: identities, their certificates, the handshakes they make and whom they
 * accept.
 */
@org.jspecify.annotations.NullMarked
package dev.groundmesh.tunnel.tls;
