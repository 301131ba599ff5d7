package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** New connections to echo servers, one after another, until it is closed. */
final class Load implements AutoCloseable {
  private static final int PAUSE_MILLIS = 5;

  private final AtomicInteger succeeded = new AtomicInteger();
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  private final String text;
  private final Host client;

  private Load(String text, Host client) {
    this.text = text;
    this.client = client;
  }

  static Load from(Host client) {
    return of("load", client);
  }

  /** Connections that each send this text. */
  static Load of(String text, Host client) {
    return new Load(text, client);
  }

  Load to(String address, int port) {
    threads.add(Thread.ofPlatform().daemon().start(() -> run(address, port)));
    return this;
  }

  private void run(String address, int port) {
    while (!stopped) {
      try {
        String answer = Clients.echo(client, address, port, text);
        if (!answer.equals(text)) {
          failures.add(new IllegalStateException(address + " answered: " + answer));
        }
        succeeded.incrementAndGet();
        Thread.sleep(PAUSE_MILLIS);
      } catch (Exception e) {
        failures.add(new Exception(address + ":" + port, e));
      }
    }
  }

  /** Waits until so many more have succeeded or one has failed. */
  Load awaitMore(int count) throws InterruptedException {
    int goal = succeeded.get() + count;
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (succeeded.get() < goal && failures.isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    return this;
  }

  /** Waits until so many more have failed. */
  void awaitFailures(int count) throws InterruptedException {
    int goal = failures.size() + count;
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (failures.size() < goal) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "failures: " + failures.size() + " (expected: " + goal + ")");
      }
      Thread.sleep(5);
    }
  }

  int succeeded() {
    return succeeded.get();
  }

  Queue<Exception> failures() {
    return failures;
  }

  @Override
  public void close() {
    stopped = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
