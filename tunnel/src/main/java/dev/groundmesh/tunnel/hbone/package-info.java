/**
 * HBONE: TCP streams through HTTP/2 CONNECT over mutual TLS, client and server side.
 *
 * <p>A tunnel is one TCP connection; its streams carry one application connection each. A tunnel
 * and its streams belong to one event loop. The wire is Istio ambient's.
 */
@NullMarked
package dev.groundmesh.tunnel.hbone;

import org.jspecify.annotations.NullMarked;
