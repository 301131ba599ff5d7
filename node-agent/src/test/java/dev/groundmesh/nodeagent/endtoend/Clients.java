package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Host;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Connections that programs of a host make. */
final class Clients {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final long RECOVERY_NANOS = 60_000_000_000L;

  private Clients() {}

  static Socket connect(Host from, String address, int port) throws Exception {
    return from.inside(
        () -> {
          Socket socket = new Socket();
          try {
            socket.connect(new InetSocketAddress(address, port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            return socket;
          } catch (IOException e) {
            socket.close();
            throw e;
          }
        });
  }

  /** Sends a line to an echo server and gives what came back. */
  static String echo(Host from, String address, int port, String line) throws Exception {
    try (Socket socket = connect(from, address, port)) {
      return exchange(socket, line);
    }
  }

  /** Tries until it is echoed, for a minute at most. */
  static void awaitEcho(Host from, String address, int port, String line) throws Exception {
    long deadline = System.nanoTime() + RECOVERY_NANOS;
    while (true) {
      try {
        String answer = echo(from, address, port, line);
        if (answer.equals(line)) {
          return;
        }
        throw new IOException("echo: " + answer + " (expected: " + line + ")");
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(50);
      }
    }
  }

  static String exchange(Socket socket, String line) throws IOException {
    byte[] sent = line.getBytes(StandardCharsets.UTF_8);
    socket.getOutputStream().write(sent);
    return new String(socket.getInputStream().readNBytes(sent.length), StandardCharsets.UTF_8);
  }
}
