package dev.groundmesh.nodeagent.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One page: the method it takes and what it answers. */
final class HttpEndpoint implements HttpHandler {
  private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);

  static final String TEXT = "text/plain; charset=utf-8";
  static final String JSON = "application/json";

  /** Writes a body of any length. */
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * An answer.
   *
   * @param status of HTTP
   */
  record Answer(int status, String contentType, Body body) {
    static Answer text(int status, String text) {
      return new Answer(
          status, TEXT, out -> out.write((text + "\n").getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** Answers one request. */
  interface Page {
    Answer answer(HttpExchange request) throws IOException;
  }

  private final String path;
  private final String methods;
  private final Page page;

  /**
   * A page.
   *
   * @param path that must be asked for exactly
   * @param methods separated by a blank, such as {@code GET POST}
   */
  HttpEndpoint(String path, String methods, Page page) {
    this.path = path;
    this.methods = methods;
    this.page = page;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange);
      exchange.getResponseHeaders().set("content-type", answer.contentType());
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status(), head ? -1 : 0);
      if (!head) {
        try (OutputStream out = exchange.getResponseBody()) {
          answer.body().writeTo(out);
        }
      }
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestURI().getPath().equals(path)) {
      return Answer.text(404, "no page " + exchange.getRequestURI().getPath());
    }
    String method = exchange.getRequestMethod();
    if (!(" " + methods + " HEAD ").contains(" " + method + " ")) {
      exchange.getResponseHeaders().set("allow", methods.replace(" ", ", "));
      return Answer.text(
          405, "method: " + method + " (expected: " + methods.replace(" ", " or ") + ")");
    }
    try {
      return page.answer(exchange);
    } catch (IllegalArgumentException e) {
      return Answer.text(400, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.error("{} {} failed", method, path, e);
      return Answer.text(500, "an error of the agent itself; its log has the details");
    }
  }
}
