package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.hbone.TunnelTls;
import io.netty.buffer.ByteBufAllocator;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/** A {@link TlsIdentity} in one role, as a tunnel asks for it. */
final class IdentityTls {
  private IdentityTls() {}

  record Client(TlsIdentity identity, Set<SpiffeId> expected) implements TunnelTls {
    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
      return identity.newClientEngine(allocator, expected);
    }

    @Override
    public SpiffeId peerIdentity(SSLSession session) throws SSLException {
      return TlsPeer.of(session).identity();
    }
  }

  record Server(TlsIdentity identity) implements TunnelTls {
    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
      return identity.newServerEngine(allocator);
    }

    @Override
    public SpiffeId peerIdentity(SSLSession session) throws SSLException {
      return TlsPeer.of(session).identity();
    }
  }
}
