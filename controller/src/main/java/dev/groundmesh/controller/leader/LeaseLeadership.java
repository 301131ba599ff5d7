package dev.groundmesh.controller.leader;

import dev.groundmesh.controller.thread.Threads;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leadership by a lease that the leader renews and the others wait for. How long a lease has not
 * been renewed is measured by each replica's own clock from when it saw the last renewal, and a
 * leader stops well before others may start, so that no two lead at once even if clocks disagree. A
 * thread of its own, {@code leadership}, talks to the store and to the listeners.
 */
public final class LeaseLeadership implements Leadership, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LeaseLeadership.class);

  /**
   * How patient replicas are with one another.
   *
   * @param duration after which a lease that is not renewed may be taken
   * @param deadline after which a leader that could not renew stops; shorter than {@code duration}
   *     by more than a request to the store takes
   * @param retry how often the lease is looked at and renewed
   */
  public record Settings(Duration duration, Duration deadline, Duration retry) {

    /** What Kubernetes' own components use. */
    public static Settings defaults() {
      return new Settings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
    }
  }

  private final LeaseStore store;
  private final String identity;
  private final Settings settings;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final List<Listener> listeners = new ArrayList<>();
  private final Thread thread;

  /** The others' lease as last seen, and when it was first seen so. */
  private String seenVersion = "";

  private long seenAt;
  private boolean told;
  private boolean failing;
  private volatile boolean leading;
  private volatile long renewedAt;

  private LeaseLeadership(
      LeaseStore store, String identity, Settings settings, Clock clock, LongSupplier nanoTime) {
    this.store = store;
    this.identity = identity;
    this.settings = settings;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.thread = Thread.ofPlatform().name("leadership").daemon().unstarted(this::run);
  }

  /**
   * Takes part in the election from now on.
   *
   * @param identity of this replica, unlike all others'
   * @param nanoTime a clock that only moves forward, such as {@link System#nanoTime}
   */
  public static LeaseLeadership start(
      LeaseStore store, String identity, Settings settings, Clock clock, LongSupplier nanoTime) {
    LeaseLeadership leadership = new LeaseLeadership(store, identity, settings, clock, nanoTime);
    leadership.thread.start();
    return leadership;
  }

  @Override
  public boolean isLeader() {
    return leading && nanoTime.getAsLong() - renewedAt < settings.deadline().toNanos();
  }

  @Override
  public void listen(Listener listener) {
    synchronized (listeners) {
      listeners.add(listener);
      if (told) {
        listener.gained();
      }
    }
  }

  private void run() {
    try {
      while (true) {
        try {
          step();
          failing = false;
        } catch (IOException | RuntimeException e) {
          if (!failing) {
            failing = true;
            log.warn("the lease cannot be kept: {}", e.toString());
          }
        }
        if (leading && !isLeader()) {
          leading = false;
          log.warn("leads no longer: the lease was not renewed for {}", settings.deadline());
        }
        tell();
        Thread.sleep(settings.retry());
      }
    } catch (InterruptedException e) {
      stepDown();
    }
  }

  private void step() throws IOException, InterruptedException {
    long asked = nanoTime.getAsLong();
    Lease lease = store.read().orElse(null);
    if (lease != null && !lease.holder().equals(identity) && !isFree(lease, asked)) {
      leading = false;
      return;
    }
    // What holds from here on holds from before the request on: others count from its arrival.
    Optional<Lease> written = store.write(ours(lease));
    if (written.isEmpty()) {
      leading = false;
      return;
    }
    renewedAt = asked;
    if (!leading) {
      leading = true;
      log.info("leads as {}", identity);
    }
  }

  private boolean isFree(Lease lease, long now) {
    if (!lease.version().equals(seenVersion)) {
      seenVersion = lease.version();
      seenAt = now;
    }
    return lease.holder().isEmpty() || now - seenAt > lease.duration().toNanos();
  }

  private Lease ours(@Nullable Lease before) {
    Instant now = clock.instant();
    if (before == null) {
      return new Lease(identity, settings.duration(), now, now, 0, "");
    }
    boolean renewal = before.holder().equals(identity);
    return new Lease(
        identity,
        settings.duration(),
        renewal ? before.acquired() : now,
        now,
        before.transitions() + (renewal ? 0 : 1),
        before.version());
  }

  private void tell() {
    synchronized (listeners) {
      boolean now = isLeader();
      if (now == told) {
        return;
      }
      told = now;
      for (Listener listener : listeners) {
        if (now) {
          listener.gained();
        } else {
          listener.lost();
        }
      }
    }
  }

  /** Lets another replica lead at once, rather than after the lease has run out. */
  private void stepDown() {
    boolean led = isLeader();
    leading = false;
    tell();
    if (!led) {
      return;
    }
    try {
      Optional<Lease> lease = store.read();
      if (lease.isPresent() && lease.get().holder().equals(identity)) {
        Lease ours = ours(lease.get());
        store.write(
            new Lease(
                "",
                Duration.ofSeconds(1),
                ours.acquired(),
                ours.renewed(),
                ours.transitions(),
                ours.version()));
        log.info("leads no longer: stepped down");
      }
    } catch (IOException e) {
      log.warn("the lease cannot be given up, others wait for its end: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Steps down if this replica leads, and takes no part any more. */
  @Override
  public void close() {
    Threads.end(thread);
  }
}
