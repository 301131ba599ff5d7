/**
 * HTTP/2 framing (RFC 9113) made for CONNECT streams: one handler per connection, no child
 * channels, bytes never copied on their way from a decrypted buffer to a stream or from a stream to
 * TLS.
 */
@NullMarked
package dev.groundmesh.tunnel.h2;

import org.jspecify.annotations.NullMarked;
