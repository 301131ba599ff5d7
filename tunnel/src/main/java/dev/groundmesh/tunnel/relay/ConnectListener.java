package dev.groundmesh.tunnel.relay;

import java.io.IOException;

/** The outcome of {@link SocketStream#connect}, told once and on the stream's event loop. */
public interface ConnectListener {
  /** The connection stands; the stream is paused and has no listener yet. */
  void onConnected(SocketStream stream);

  /**
   * It failed and the socket is closed: {@link java.net.SocketTimeoutException} when the time was
   * over, else what the kernel said.
   */
  void onFailed(IOException cause);
}
