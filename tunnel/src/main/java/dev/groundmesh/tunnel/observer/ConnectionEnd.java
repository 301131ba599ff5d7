package dev.groundmesh.tunnel.observer;

import dev.groundmesh.meshapi.reason.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ended.
 *
 * @param reason null when both sides ended it in order
 * @param detail what happened, for people; null when the reason says it all
 */
public record ConnectionEnd(@Nullable ReasonCode reason, @Nullable String detail) {

  /** Both sides ended it in order. */
  public static final ConnectionEnd NORMAL = new ConnectionEnd(null, null);

  /** The value of the label {@code response_flags}. */
  public String responseFlag() {
    return reason == null ? "-" : reason.responseFlag().label();
  }
}
