package dev.groundmesh.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * The answer to a plain HTTP GET.
 *
 * @param status 0 when nobody answered
 */
public record HttpAnswer(int status, String body) {
  private static final int TIMEOUT_MILLIS = 5_000;

  private static final HttpAnswer NONE = new HttpAnswer(0, "");

  /** Asks by HTTP/1.0, so that the answer ends with the connection; on the calling thread. */
  static HttpAnswer get(InetSocketAddress server, String path) {
    try (var socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(server, TIMEOUT_MILLIS);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return parse(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return NONE;
    }
  }

  static HttpAnswer parse(String answer) {
    int head = answer.indexOf("\r\n\r\n");
    String[] statusLine = answer.split(" ", 3);
    if (head < 0 || statusLine.length < 2 || !statusLine[1].matches("\\d{3}")) {
      return NONE;
    }
    return new HttpAnswer(Integer.parseInt(statusLine[1]), answer.substring(head + 4));
  }
}
