package dev.groundmesh.groundctl.demo;

import dev.groundmesh.lab.Pod;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads inside a pod that ask a service over and over, each time by a new connection, until they
 * are stopped.
 */
final class Visitors {
  private static final int MILLIS_BETWEEN_VISITS = 5;
  private static final int TIMEOUT_MILLIS = 5_000;
  private static final int MAX_KEPT_FAILURES = 5;

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong served = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  Visitors(Pod from, String address, int port, String expected, int count) {
    InetSocketAddress target = new InetSocketAddress(InetAddress.ofLiteral(address), port);
    for (int i = 0; i < count; i++) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("visitor-" + i)
              .start(() -> visit(from, target, expected)));
    }
  }

  private void visit(Pod from, InetSocketAddress target, String expected) {
    try {
      from.inside(
          () -> {
            while (!stopped) {
              try {
                ask(target, expected);
                served.incrementAndGet();
              } catch (IOException e) {
                if (failed.incrementAndGet() <= MAX_KEPT_FAILURES) {
                  failures.add(e.toString());
                }
              }
              Thread.sleep(MILLIS_BETWEEN_VISITS);
            }
            return true;
          });
    } catch (Exception e) {
      failed.incrementAndGet();
      failures.add(e.toString());
    }
  }

  private static void ask(InetSocketAddress target, String expected) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(target, TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      out.write(
          "GET / HTTP/1.1\r\nHost: catalog.shop\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!answer.contains(expected)) {
        throw new IOException("answer: " + answer.lines().findFirst().orElse("(empty)"));
      }
    }
  }

  long served() {
    return served.get();
  }

  long failed() {
    return failed.get();
  }

  String failures() {
    return String.join("; ", failures);
  }

  /** Lets every visit under way come to its end, then stops. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(2L * TIMEOUT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
