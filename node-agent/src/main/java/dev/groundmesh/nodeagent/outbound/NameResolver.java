package dev.groundmesh.nodeagent.outbound;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the host names of workloads that have no address. Answers are kept for a while, and
 * look-ups run on a few threads of their own with a bounded queue. Any thread.
 */
public final class NameResolver implements AutoCloseable {
  private static final int MAX_REMEMBERED = 4096;
  private static final int THREADS = 4;
  private static final int MAX_QUEUED = 1024;
  private static final Duration KEPT = Duration.ofSeconds(30);

  private record Answer(List<InetAddress> addresses, long untilNanos) {}

  /** How names are looked up: blocking. */
  public interface Lookup {
    /** The addresses of a name, at least one. */
    List<InetAddress> addresses(String hostname) throws UnknownHostException;
  }

  private final Lookup lookup;
  private final LongSupplier nanoTime;
  private final ThreadPoolExecutor threads;
  private final Map<String, Answer> remembered =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  /** A resolver that asks {@code lookup}. */
  public NameResolver(Lookup lookup, LongSupplier nanoTime) {
    this.lookup = lookup;
    this.nanoTime = nanoTime;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_QUEUED),
            Thread.ofPlatform().name("resolver-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** A resolver that asks the system's. */
  public static NameResolver system(LongSupplier nanoTime) {
    return new NameResolver(
        hostname -> Arrays.asList(InetAddress.getAllByName(hostname)), nanoTime);
  }

  /**
   * One of the addresses, of the family preferred where there is one.
   *
   * @return fails with {@link UnknownHostException}
   */
  public CompletableFuture<InetAddress> resolve(
      String hostname, boolean preferV4, RandomGenerator random) {
    Answer known = known(hostname);
    if (known != null) {
      return CompletableFuture.completedFuture(choose(known.addresses, preferV4, random));
    }
    CompletableFuture<InetAddress> result = new CompletableFuture<>();
    long seed = random.nextLong();
    try {
      threads.execute(
          () -> {
            try {
              List<InetAddress> addresses = lookup.addresses(hostname);
              remember(hostname, addresses);
              result.complete(choose(addresses, preferV4, new SplittableRandom(seed)));
            } catch (UnknownHostException e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new UnknownHostException(hostname + ": too many look-ups are waiting"));
    }
    return result;
  }

  private synchronized @Nullable Answer known(String hostname) {
    Answer answer = remembered.get(hostname);
    return answer != null && nanoTime.getAsLong() - answer.untilNanos < 0 ? answer : null;
  }

  private synchronized void remember(String hostname, List<InetAddress> addresses) {
    remembered.remove(hostname);
    remembered.put(hostname, new Answer(addresses, nanoTime.getAsLong() + KEPT.toNanos()));
  }

  private static InetAddress choose(
      List<InetAddress> addresses, boolean preferV4, RandomGenerator random) {
    List<InetAddress> preferred =
        addresses.stream().filter(a -> a instanceof Inet4Address == preferV4).toList();
    List<InetAddress> from = preferred.isEmpty() ? addresses : preferred;
    return from.get(random.nextInt(from.size()));
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
