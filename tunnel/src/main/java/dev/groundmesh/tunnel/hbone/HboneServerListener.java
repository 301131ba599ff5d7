package dev.groundmesh.tunnel.hbone;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** What an {@link HboneServer} tells; always on the event loop of the tunnel in question. */
public interface HboneServerListener {
  /** A peer finished its TLS handshake. */
  void onTunnel(ServerTunnel tunnel);

  /**
   * A well-formed CONNECT request arrived. It must be answered by {@link IncomingConnect#accept} or
   * {@link IncomingConnect#refuse}, at once or later on the same event loop. Malformed requests and
   * other methods were answered before and are told to {@link #onRefused}.
   */
  void onConnect(ServerTunnel tunnel, IncomingConnect connect);

  /**
   * A request was refused that is no well-formed CONNECT, or is one too many; the peer was told.
   *
   * @param detail what is wrong with it, for people
   */
  default void onRefused(ServerTunnel tunnel, ReasonCode reason, String detail) {}

  /** A tunnel told by {@link #onTunnel} is gone; {@code failure} is null for an orderly end. */
  void onTunnelClosed(ServerTunnel tunnel, @Nullable StreamFailure failure);

  /** A connection ended before its TLS handshake did. */
  void onHandshakeFailed(InetSocketAddress remote, InetSocketAddress local, Throwable cause);
}
