package dev.groundmesh.lab.mesh;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** An application to train with: answers every HTTP request with the same few bytes. */
final class Responder {
  static final int PORT = 8080;

  private Responder() {}

  public static void main(String[] arguments) throws IOException {
    byte[] answer = "trained".getBytes(StandardCharsets.UTF_8);
    HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    server.start();
  }
}
