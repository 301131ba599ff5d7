package dev.groundmesh.tunnel.relay;

import org.jspecify.annotations.Nullable;

/**
 * Joins two streams of one event loop until both are over: bytes, back-pressure, half-close and
 * reset pass from one to the other.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Relay {
  Relay() {}

  /** The two sides of a relay. */
  public enum Side {
    /** The side of whoever opened the connection. */
    DOWNSTREAM,
    /** The side that we opened. */
    UPSTREAM
  }

  /** Takes over both streams and starts; on their event loop. */
  public static Relay start(ByteStream downstream, ByteStream upstream, RelayListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Bytes taken from downstream so far. Any thread. */
  public long bytesToUpstream() {
    throw new UnsupportedOperationException();
  }

  /** Bytes taken from upstream so far. Any thread. */
  public long bytesToDownstream() {
    throw new UnsupportedOperationException();
  }

  /** Resets both streams, now. Any thread. */
  public void cut(StreamFailure cause) {
    throw new UnsupportedOperationException();
  }

  /** Where the first failure arose, or null. Event loop only. */
  public @Nullable Side failedSide() {
    throw new UnsupportedOperationException();
  }

  /** Bytes that both streams hold. Any thread. */
  public long heldBytes() {
    throw new UnsupportedOperationException();
  }
}
