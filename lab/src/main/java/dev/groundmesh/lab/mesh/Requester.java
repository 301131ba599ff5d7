package dev.groundmesh.lab.mesh;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A client to train with: keeps several connections to a {@link Responder} busy for a while. Most
 * requests follow each other on a connection, some open one anew, some fetch much.
 */
final class Requester {
  private static final int CONNECTIONS = 8;
  private static final int REQUESTS_PER_CONNECTION = 40;

  private Requester() {}

  /** Arguments: address of the responder, seconds. */
  public static void main(String[] arguments) throws InterruptedException {
    InetSocketAddress responder = new InetSocketAddress(arguments[0], Responder.PORT);
    long end = System.nanoTime() + Duration.ofSeconds(Long.parseLong(arguments[1])).toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      threads.add(Thread.ofPlatform().start(() -> ask(responder, end)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void ask(InetSocketAddress responder, long end) {
    while (System.nanoTime() < end) {
      try (Socket socket = new Socket(responder.getAddress(), responder.getPort())) {
        socket.setTcpNoDelay(true);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        for (int i = 0; i < REQUESTS_PER_CONNECTION && System.nanoTime() < end; i++) {
          String path = i == 0 ? Responder.MUCH : "/";
          socket
              .getOutputStream()
              .write(
                  ("GET " + path + " HTTP/1.1\r\nHost: responder\r\n\r\n")
                      .getBytes(StandardCharsets.US_ASCII));
          in.skipNBytes(bodyLength(in));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static int bodyLength(DataInputStream in) throws IOException {
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    return length;
  }

  private static String line(DataInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
