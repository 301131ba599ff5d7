package dev.groundmesh.tunnel.relay;

import org.jspecify.annotations.Nullable;

/** Hears the end of a {@link Relay}. */
@FunctionalInterface
public interface RelayListener {
  /**
   * Both streams are closed; called once, on their event loop.
   *
   * @param failure null when both directions ended in order; else the first failure
   */
  void onRelayEnd(Relay relay, @Nullable StreamFailure failure);
}
