package dev.groundmesh.tunnel.hbone;

/** A stream on its way to being opened. */
@FunctionalInterface
public interface PendingConnect {
  /**
   * Gives up; call it on the event loop. The listener then hears {@link
   * OpenFailure.Kind#CANCELLED}, unless it was told the outcome before.
   */
  void cancel();
}
