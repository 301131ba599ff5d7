package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Pod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A TCP server inside a pod; each connection has a thread. */
final class PodServer implements AutoCloseable {
  /** What it does with one connection; closing is the server's business. */
  interface Conversation {
    void hold(Socket connection) throws IOException;
  }

  private final ServerSocket listening;
  private final Conversation conversation;
  private final Queue<InetAddress> clients = new ConcurrentLinkedQueue<>();
  private final AtomicInteger accepted = new AtomicInteger();

  private PodServer(ServerSocket listening, Conversation conversation) {
    this.listening = listening;
    this.conversation = conversation;
  }

  static PodServer start(Pod pod, int port, Conversation conversation) throws Exception {
    ServerSocket listening =
        pod.inside(
            () -> {
              ServerSocket socket = new ServerSocket();
              socket.setReuseAddress(true);
              socket.bind(new InetSocketAddress(InetAddress.getByName("::"), port), 512);
              return socket;
            });
    PodServer server = new PodServer(listening, conversation);
    Thread.ofPlatform().name("server-" + pod.name() + "-" + port).daemon().start(server::accept);
    return server;
  }

  /** Sends back what it reads, until the client ends. */
  static PodServer echo(Pod pod, int port) throws Exception {
    return start(
        pod,
        port,
        connection -> connection.getInputStream().transferTo(connection.getOutputStream()));
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket connection = listening.accept();
        accepted.incrementAndGet();
        clients.add(connection.getInetAddress());
        Thread.ofVirtual().start(() -> hold(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void hold(Socket connection) {
    try (connection) {
      conversation.hold(connection);
    } catch (IOException e) {
      // The client's end of it is what the tests look at.
    }
  }

  /** Whom it saw, in order. */
  Queue<InetAddress> clients() {
    return clients;
  }

  int accepted() {
    return accepted.get();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
