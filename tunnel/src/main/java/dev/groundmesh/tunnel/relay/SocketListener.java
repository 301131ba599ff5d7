package dev.groundmesh.tunnel.relay;

import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Socket;
import java.util.List;

/** Accepts TCP connections from a listening socket and spreads them over event loops. */
@SuppressWarnings("DoNotCallSuggester")
public final class SocketListener {
  SocketListener() {}

  /**
   * Starts accepting.
   *
   * @param loop accepts
   * @param workers take the connections in turn; {@code loop} may be one of them
   * @param listening bound and listening, non-blocking; closed by {@link #close()}
   */
  public static SocketListener open(
      IoEventLoop loop, List<IoEventLoop> workers, Socket listening, SocketAcceptor acceptor) {
    throw new UnsupportedOperationException();
  }

  /** Stops accepting and closes the listening socket. Any thread. */
  public void close() {
    throw new UnsupportedOperationException();
  }
}
