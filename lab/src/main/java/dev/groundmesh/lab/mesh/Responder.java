package dev.groundmesh.lab.mesh;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * An application to train with: answers every HTTP request with the same few bytes, or with a
 * megabyte under {@link #MUCH}.
 */
final class Responder {
  static final int PORT = 8080;
  static final String MUCH = "/much";

  private static final int MEGABYTE = 1 << 20;

  private Responder() {}

  public static void main(String[] arguments) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
    server.createContext("/", answering("trained".getBytes(StandardCharsets.UTF_8)));
    server.createContext(MUCH, answering(new byte[MEGABYTE]));
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.start();
  }

  private static HttpHandler answering(byte[] body) {
    return exchange -> {
      exchange.sendResponseHeaders(200, body.length);
      // Closing the stream and not the exchange keeps the connection.
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    };
  }
}
