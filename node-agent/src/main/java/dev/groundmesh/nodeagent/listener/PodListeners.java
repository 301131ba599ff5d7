package dev.groundmesh.nodeagent.listener;

import dev.groundmesh.ebpf.ListenerKind;
import dev.groundmesh.nodeagent.kernel.Errno;
import dev.groundmesh.nodeagent.pod.PodSockets;
import dev.groundmesh.nodeagent.redirection.PodListener;
import dev.groundmesh.tunnel.relay.SocketAcceptor;
import dev.groundmesh.tunnel.relay.SocketListener;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The TCP listeners of one pod, on its loopback: the kernel gives them the connections, whatever
 * address those are for. Made and closed on the enrolment thread.
 */
public final class PodListeners implements AutoCloseable {
  /**
   * The ports by which the listeners are known; where the pod uses one itself, another is taken.
   */
  public static final Map<ListenerKind, Integer> PORTS =
      Map.of(
          ListenerKind.OUTBOUND, 15001,
          ListenerKind.INBOUND_PLAINTEXT, 15006,
          ListenerKind.INBOUND_HBONE, 15008);

  private static final int ANY_PORT = 0;

  private final List<PodListener> descriptors = new ArrayList<>();
  private final List<SocketListener> listening = new ArrayList<>();

  private PodListeners() {}

  /**
   * Opens one listener for each kind and family.
   *
   * @param loopbacks 127.0.0.1, ::1 or both
   * @param loops take the connections in turn
   * @throws IOException if one cannot be opened; then none is left open
   */
  public static PodListeners open(
      PodSockets sockets,
      List<InetAddress> loopbacks,
      List<IoEventLoop> loops,
      Map<ListenerKind, SocketAcceptor> acceptors)
      throws IOException {
    PodListeners made = new PodListeners();
    try {
      for (Map.Entry<ListenerKind, SocketAcceptor> entry : acceptors.entrySet()) {
        for (InetAddress loopback : loopbacks) {
          made.add(
              entry.getKey(), bind(sockets, loopback, entry.getKey()), loops, entry.getValue());
        }
      }
      return made;
    } catch (IOException e) {
      made.close();
      throw e;
    }
  }

  private static Socket bind(PodSockets sockets, InetAddress loopback, ListenerKind kind)
      throws IOException {
    try {
      return sockets.listener(loopback, PORTS.getOrDefault(kind, ANY_PORT));
    } catch (NativeIoException e) {
      if (-e.expectedErr() != Errno.EADDRINUSE) {
        throw e;
      }
      return sockets.listener(loopback, ANY_PORT);
    }
  }

  private void add(
      ListenerKind kind, Socket socket, List<IoEventLoop> loops, SocketAcceptor acceptor) {
    descriptors.add(new PodListener(kind, socket.intValue()));
    IoEventLoop accepting = loops.get(descriptors.size() % loops.size());
    listening.add(SocketListener.open(accepting, loops, socket, acceptor));
  }

  /** For the redirection. */
  public List<PodListener> descriptors() {
    return List.copyOf(descriptors);
  }

  @Override
  public void close() {
    listening.forEach(SocketListener::close);
    listening.clear();
  }
}
