package dev.groundmesh.tunnel.observer;

/**
 * Sees every connection of a proxy; metrics, access log and traces are each one of these. Called on
 * the event loop of the connection, so by several threads: an implementation must not block and
 * must not throw.
 */
public interface MeshObserver {

  /** Sees nothing. */
  MeshObserver NONE =
      new MeshObserver() {
        @Override
        public ConnectionObserver opened(ConnectionAttributes attributes) {
          return ConnectionObserver.NONE;
        }

        @Override
        public void refused(RefusedConnection connection) {}
      };

  /**
   * The proxy knows where a connection goes and starts to connect there.
   *
   * @return who sees the rest of this connection; {@link ConnectionObserver#NONE} to see no more of
   *     it
   */
  ConnectionObserver opened(ConnectionAttributes attributes);

  /**
   * A connection was refused before it was known where it goes; it is not also reported as opened.
   */
  void refused(RefusedConnection connection);
}
