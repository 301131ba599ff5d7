package dev.groundmesh.tunnel.observer;

/**
 * Sees one connection. Called only by the connection's event loop, in the order {@link #connected}
 * (at most once), bytes, {@link #closed} (exactly once, nothing after it).
 *
 * <p>The bytes are those of the application, without TLS and framing. Istio's metrics count those
 * towards the destination as {@code received} and those towards the source as {@code sent}, for
 * both reporters.
 */
public interface ConnectionObserver {

  /** Sees nothing. */
  ConnectionObserver NONE =
      new ConnectionObserver() {
        @Override
        public void connected() {}

        @Override
        public void bytesToDestination(long count) {}

        @Override
        public void bytesToSource(long count) {}

        @Override
        public void closed(ConnectionEnd end) {}
      };

  /** The way to the destination stands: TCP connected, or the tunnel's stream answered 200. */
  void connected();

  /** So many more bytes went from the source towards the destination. */
  void bytesToDestination(long count);

  /** So many more bytes went from the destination towards the source. */
  void bytesToSource(long count);

  /** The connection ended. */
  void closed(ConnectionEnd end);
}
