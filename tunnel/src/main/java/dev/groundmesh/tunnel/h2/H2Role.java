package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.tunnel.relay.StreamFailure;
import org.jspecify.annotations.Nullable;

/** What makes an {@link H2Connection} a client's or a server's; called on its event loop. */
public interface H2Role {
  /** Whether we are the client: we open streams, with odd numbers. */
  boolean isClient();

  /** A stream that the peer opens (server only); its headers are told to it next. */
  H2Stream newStream(H2Connection connection, int id);

  /**
   * A stream that the peer would open was refused; the peer was told.
   *
   * @param detail what is wrong with it, for people
   */
  void onStreamRefused(ReasonCode reason, String detail);

  /** Another stream may or may not be opened since: one ended, a limit moved, GOAWAY came. */
  void onCapacityChanged();

  /** The connection is over, once; its streams were told before. */
  void onClosed(@Nullable StreamFailure failure);
}
