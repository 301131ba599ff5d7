package dev.groundmesh.tunnel.hbone;

import java.util.List;

/** A CONNECT request that waits for its answer. Use it on the tunnel's event loop alone. */
public interface IncomingConnect {
  ConnectRequest request();

  /**
   * Answers 200 and opens the stream; call it once the upstream connection stands. The stream is
   * paused and has no listener yet. When the peer has gone meanwhile the stream is dead already and
   * tells its listener so.
   */
  HboneStream accept(List<HeaderField> responseHeaders);

  /** Answers with another status (400 to 599) and ends the stream. */
  void refuse(int status);

  /** Runs {@code action} when the peer gives up before the answer. */
  void onAbandoned(Runnable action);
}
