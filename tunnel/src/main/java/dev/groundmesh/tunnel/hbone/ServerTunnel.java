package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLSession;

/** One authenticated tunnel of an {@link HboneServer}. */
@SuppressWarnings("DoNotCallSuggester")
public final class ServerTunnel {
  ServerTunnel() {}

  /** Who the peer proved to be. Any thread. */
  public SpiffeId peer() {
    throw new UnsupportedOperationException();
  }

  /** The peer's address. Any thread. */
  public InetSocketAddress remoteAddress() {
    throw new UnsupportedOperationException();
  }

  /** The address that the peer dialled. Any thread. */
  public InetSocketAddress localAddress() {
    throw new UnsupportedOperationException();
  }

  /** The TLS session, with the peer's certificates. Any thread. */
  public SSLSession session() {
    throw new UnsupportedOperationException();
  }

  /** Sends GOAWAY; the tunnel closes with its last stream. Any thread. */
  public void drain() {
    throw new UnsupportedOperationException();
  }

  /** Cuts the tunnel and its streams, now. Any thread. */
  public void close(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }
}
