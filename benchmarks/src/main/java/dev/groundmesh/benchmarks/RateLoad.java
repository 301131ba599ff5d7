package dev.groundmesh.benchmarks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * HTTP/1.1 GETs at a fixed rate over keep-alive connections, spread evenly in time. A request that
 * cannot go out at its time because the one before it is not answered counts from the time it was
 * due, so that a stall is not left out.
 */
public final class RateLoad {
  private static final double WARM_UP_SECONDS = 1;

  private RateLoad() {}

  /**
   * Arguments: host, port, requests per second, connections, seconds. Prints {@code p50=... p99=...
   * sent=...}.
   */
  public static void main(String[] args) throws InterruptedException, ExecutionException {
    String host = args[0];
    int port = Integer.parseInt(args[1]);
    double rate = Double.parseDouble(args[2]);
    int connections = Integer.parseInt(args[3]);
    double seconds = Double.parseDouble(args[4]);

    long start = System.nanoTime() + 200_000_000;
    long intervalNanos = (long) (connections / rate * 1e9);
    var all = new ArrayList<Future<long[]>>();
    try (var threads = Executors.newFixedThreadPool(connections)) {
      for (int i = 0; i < connections; i++) {
        long first = start + intervalNanos * i / connections;
        all.add(threads.submit(() -> run(host, port, first, intervalNanos, seconds)));
      }
    }
    var merged = new ArrayList<long[]>();
    for (Future<long[]> future : all) {
      merged.add(future.get());
    }
    long[] latencies = merged.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "p50=%.1f p90=%.1f p99=%.1f max=%.1f sent=%d%n",
        microsAt(latencies, 0.5),
        microsAt(latencies, 0.9),
        microsAt(latencies, 0.99),
        microsAt(latencies, 1),
        latencies.length);
  }

  private static long[] run(String host, int port, long first, long interval, double seconds)
      throws IOException {
    byte[] request =
        ("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    int warmUp = (int) (WARM_UP_SECONDS * 1e9 / interval);
    int measured = (int) (seconds * 1e9 / interval);
    long[] latencies = new long[measured];
    try (var socket = new Socket(host, port)) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      InputStream in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
      long lastAnswer = 0;
      for (int i = 0; i < warmUp + measured; i++) {
        long due = first + interval * i;
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
          LockSupport.parkNanos(due - now);
        }
        long from = lastAnswer > due ? due : System.nanoTime();
        out.write(request);
        readAnswer(in);
        lastAnswer = System.nanoTime();
        if (i >= warmUp) {
          latencies[i - warmUp] = lastAnswer - from;
        }
      }
    }
    return latencies;
  }

  private static void readAnswer(InputStream in) throws IOException {
    int length = 0;
    while (true) {
      String line = readLine(in);
      if (line.isEmpty()) {
        break;
      }
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    in.skipNBytes(length);
  }

  private static String readLine(InputStream in) throws IOException {
    var line = new StringBuilder();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the server closed a keep-alive connection");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
  }

  private static double microsAt(long[] sorted, double quantile) {
    if (sorted.length == 0) {
      throw new IllegalStateException(
          "requests measured: 0 (expected: more seconds or a higher rate)");
    }
    int index = (int) Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1);
    return sorted[Math.max(0, index)] / 1e3;
  }

  /** Reads what {@link #main} printed. */
  static LoadTools.Outcome parse(String output) {
    var samples = new ArrayList<Sample>();
    double sent = 0;
    for (String word : output.strip().split(" ", -1)) {
      String[] parts = word.split("=", 2);
      switch (parts[0]) {
        case "p50", "p99" -> samples.add(new Sample(parts[0], "us", Double.parseDouble(parts[1])));
        case "sent" -> sent = Double.parseDouble(parts[1]);
        default -> {}
      }
    }
    return new LoadTools.Outcome(samples, 0, sent);
  }
}
