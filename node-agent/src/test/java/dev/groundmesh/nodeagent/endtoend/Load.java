package dev.groundmesh.nodeagent.endtoend;

import dev.groundmesh.lab.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** New connections to echo servers, one after another, until it is closed. */
final class Load implements AutoCloseable {
  private static final long PAUSE_NANOS = 5_000_000;
  private static final long LIMIT_NANOS = 60_000_000_000L;

  private final AtomicInteger succeeded = new AtomicInteger();
  private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
  private final List<AtomicInteger> failedByTarget = new ArrayList<>();
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
    AtomicInteger failed = new AtomicInteger();
    failedByTarget.add(failed);
    threads.add(Thread.ofPlatform().daemon().start(() -> run(address, port, failed)));
    return this;
  }

  private void run(String address, int port, AtomicInteger failed) {
    while (!stopped) {
      try {
        String answer = Clients.echo(client, address, port, text);
        if (!answer.equals(text)) {
          failures.add(new IllegalStateException(address + " answered: " + answer));
        }
        succeeded.incrementAndGet();
      } catch (Exception e) {
        failures.add(new Exception(address + ":" + port, e));
        failed.incrementAndGet();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Waits until so many more have succeeded or one has failed. */
  Load awaitMore(int count) throws InterruptedException {
    int goal = succeeded.get() + count;
    await(() -> succeeded.get() >= goal || !failures.isEmpty(), "successes: " + goal);
    return this;
  }

  /** Waits until so many more have failed to each target. */
  void awaitFailures(int count) throws InterruptedException {
    for (AtomicInteger failed : failedByTarget) {
      int goal = failed.get() + count;
      await(() -> failed.get() >= goal, "failures to each target: " + goal);
    }
  }

  private void await(BooleanSupplier condition, String expected) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            succeeded + " succeeded, " + failures.size() + " failed (expected: " + expected + ")");
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
