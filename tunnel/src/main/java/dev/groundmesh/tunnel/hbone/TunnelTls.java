package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.identity.SpiffeId;
import io.netty.buffer.ByteBufAllocator;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/** TLS of one side of a tunnel: who we are, whom we trust and whom we expect. */
public interface TunnelTls {
  /**
   * An engine for a new tunnel, with the certificates of this moment: TLS 1.3, ALPN {@code h2}, the
   * peer's certificate required and checked. Its native memory is the caller's to release. Event
   * loop.
   *
   * @throws IllegalStateException when the identity is closed
   */
  SSLEngine newEngine(ByteBufAllocator allocator);

  /**
   * Who the peer of a finished handshake is.
   *
   * @throws SSLException when the certificate names nobody of the mesh
   */
  SpiffeId peerIdentity(SSLSession session) throws SSLException;
}
