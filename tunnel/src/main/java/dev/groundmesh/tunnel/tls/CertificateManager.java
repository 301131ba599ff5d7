package dev.groundmesh.tunnel.tls;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.reason.ReasonCode;
import java.net.ConnectException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one certificate for each identity that a pod of this node has: asked for in the background
 * when the first pod of the identity appears, at once when traffic needs it, renewed at half of its
 * life, dropped with the last pod. A renewal that fails leaves the valid certificate in use and is
 * tried again, from 0.5-1 s later up to every 150 s.
 *
 * <p>All methods are for any thread and none blocks; the state belongs to the executor's one
 * thread, on which futures complete.
 */
public final class CertificateManager implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(CertificateManager.class);

  private static final Duration MAX_BACKOFF = Duration.ofSeconds(150);

  /** A certificate that comes half run out, by the clock here, is not asked for again sooner. */
  private static final Duration MIN_RENEWAL = Duration.ofSeconds(10);

  /** Requests under way at one time, so that a node that starts does not flood the authority. */
  private static final int MAX_IN_FLIGHT = 8;

  /** So many attempts in a row that reach nobody; the pauses after them take 1.5 to 3 s. */
  private static final int WAITED_THROUGH = 2;

  /** Who tells where a pod is may tell a moment later that its identity is held. */
  private static final Duration HOLD_IS_NEAR = Duration.ofSeconds(5);

  private final CertificateAuthority authority;
  private final CertificateKeeper keeper;
  private final Duration validity;
  private final TlsSettings settings;
  private final PeerVerification verification;
  private final ScheduledExecutorService owner;
  private final InstantSource clock;
  private final RandomGenerator random;

  private final Map<SpiffeId, Entry> entries = new HashMap<>();
  private final Deque<Entry> demanded = new ArrayDeque<>();
  private final Deque<Entry> prefetched = new ArrayDeque<>();

  /** Those that are required and that nobody holds, or not yet. */
  private final Map<SpiffeId, Entry> unheld = new HashMap<>();

  private int inFlight;
  private boolean closed;

  /** Those that can be used now; written by the owner, read by event loops. */
  private final Map<SpiffeId, TlsIdentity> usable = new ConcurrentHashMap<>();

  /**
   * Begins with no identity.
   *
   * @param keeper what it still has is used until the authority answers, if it is valid
   * @param validity how long certificates are asked to be valid: {@code SECRET_TTL}
   * @param owner single-threaded
   */
  public CertificateManager(
      CertificateAuthority authority,
      CertificateKeeper keeper,
      Duration validity,
      TlsSettings settings,
      PeerVerification verification,
      ScheduledExecutorService owner,
      InstantSource clock,
      RandomGenerator random) {
    this.authority = authority;
    this.keeper = keeper;
    this.validity = validity;
    this.settings = settings;
    this.verification = verification;
    this.owner = owner;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A pod of the identity is on this node from now on. Calls add up: each needs its {@link #drop}.
   */
  public void hold(SpiffeId id) {
    execute(
        () -> {
          if (closed) {
            return;
          }
          Entry entry = entries.computeIfAbsent(id, this::newlyHeld);
          entry.holders++;
          if (entry.holders == 1) {
            boolean awaited = !entry.waiters.isEmpty();
            restore(entry);
            queue(entry, awaited ? demanded : prefetched);
          }
        });
  }

  /** A pod of the identity left this node. With the last one, key and certificate are forgotten. */
  public void drop(SpiffeId id) {
    execute(
        () -> {
          Entry entry = entries.get(id);
          if (entry != null && --entry.holders == 0) {
            forget(entry);
            keeper.forget(id);
          }
        });
  }

  /**
   * The identity's TLS if it can be used right now, for the fast path of event loops. Stays the
   * same object across renewals; closed when the identity is dropped or its certificate has run
   * out.
   */
  public @Nullable TlsIdentity current(SpiffeId id) {
    return usable.get(id);
  }

  /**
   * The identity's TLS as soon as it can be used; asks for the certificate at once, ahead of those
   * that no traffic waits for.
   *
   * @return completes on the owner's thread; fails with {@link CertificateUnavailableException}
   *     when no pod holds the identity within 5 s of the first to ask, when the request fails, or
   *     at once when the last one failed and the next is not due yet. First attempts that reach
   *     nobody, as while replicas of the authority change, are waited through
   */
  public CompletableFuture<TlsIdentity> require(SpiffeId id) {
    TlsIdentity ready = usable.get(id);
    if (ready != null) {
      return CompletableFuture.completedFuture(ready);
    }
    CompletableFuture<TlsIdentity> result = new CompletableFuture<>();
    execute(() -> demand(id, result));
    return result;
  }

  /** Every identity that is held, in no order. Completes on the owner's thread. */
  public CompletableFuture<List<CertificateStatus>> statuses() {
    CompletableFuture<List<CertificateStatus>> result = new CompletableFuture<>();
    execute(
        () -> {
          List<CertificateStatus> statuses = new ArrayList<>(entries.size());
          for (Entry entry : entries.values()) {
            statuses.add(entry.status());
          }
          result.complete(statuses);
        });
    return result;
  }

  /** Forgets all identities; connections that stand are not touched. */
  @Override
  public void close() {
    execute(
        () -> {
          closed = true;
          for (Entry entry : List.copyOf(entries.values())) {
            forget(entry);
          }
          List.copyOf(unheld.values()).forEach(this::stayedUnheld);
        });
  }

  private void execute(Runnable task) {
    owner.execute(task);
  }

  /** Uses what was kept while the authority is asked: roots may have changed since. */
  private void restore(Entry entry) {
    WorkloadIdentity kept = keeper.kept(entry.id);
    if (kept != null && kept.id().equals(entry.id) && kept.notAfter().isAfter(clock.instant())) {
      renewed(entry, kept);
    }
  }

  private void demand(SpiffeId id, CompletableFuture<TlsIdentity> result) {
    Entry entry = entries.get(id);
    if (entry == null) {
      Entry required = unheld.computeIfAbsent(id, this::newlyRequired);
      required.waiters.add(result);
      if (closed) {
        stayedUnheld(required);
      }
      return;
    }
    TlsIdentity tls = usable.get(id);
    if (tls != null) {
      result.complete(tls);
      return;
    }
    if (entry.retry != null && !entry.answerIsNear) {
      result.completeExceptionally(entry.unavailable());
      return;
    }
    entry.waiters.add(result);
    if (!entry.inFlight && entry.retry == null) {
      prefetched.remove(entry);
      demanded.remove(entry);
      queue(entry, demanded);
    }
  }

  private Entry newlyRequired(SpiffeId id) {
    Entry entry = new Entry(id);
    entry.timer = schedule(clock.instant().plus(HOLD_IS_NEAR), () -> stayedUnheld(entry));
    return entry;
  }

  private Entry newlyHeld(SpiffeId id) {
    Entry required = unheld.remove(id);
    if (required == null) {
      return new Entry(id);
    }
    required.cancelTimer();
    return required;
  }

  private void stayedUnheld(Entry entry) {
    unheld.remove(entry.id);
    entry.cancelTimer();
    for (CompletableFuture<TlsIdentity> waiter : entry.takeWaiters()) {
      waiter.completeExceptionally(
          new CertificateUnavailableException(
              "identity: " + entry.id + " (expected: one of a pod of this node)"));
    }
  }

  private void queue(Entry entry, Deque<Entry> queue) {
    queue.addLast(entry);
    next();
  }

  private void next() {
    while (inFlight < MAX_IN_FLIGHT) {
      Entry entry = demanded.pollFirst();
      if (entry == null) {
        entry = prefetched.pollFirst();
      }
      if (entry == null) {
        return;
      }
      request(entry);
    }
  }

  private void request(Entry entry) {
    entry.cancelTimer();
    entry.inFlight = true;
    inFlight++;
    try {
      CertificateSigningRequest request = CertificateSigningRequest.of(entry.id);
      authority
          .sign(entry.id, request.pem(), validity)
          .whenComplete((pem, failure) -> execute(() -> signed(entry, request, pem, failure)));
    } catch (GeneralSecurityException | RuntimeException e) {
      answered(entry, null, e);
    }
  }

  private void signed(
      Entry entry,
      CertificateSigningRequest request,
      @Nullable List<String> pem,
      @Nullable Throwable failure) {
    if (failure != null || pem == null) {
      answered(entry, null, failure);
      return;
    }
    WorkloadIdentity workload;
    try {
      workload = IssuedChain.read(entry.id, request.keys(), pem, clock.instant());
    } catch (GeneralSecurityException | RuntimeException e) {
      answered(entry, null, e);
      return;
    }
    answered(entry, workload, null);
  }

  private void answered(
      Entry entry, @Nullable WorkloadIdentity workload, @Nullable Throwable failure) {
    entry.inFlight = false;
    inFlight--;
    if (entries.get(entry.id) == entry) {
      if (workload == null) {
        failed(entry, failure);
      } else {
        renewed(entry, workload);
        keeper.keep(workload);
      }
    }
    next();
  }

  private void renewed(Entry entry, WorkloadIdentity workload) {
    try {
      if (entry.tls == null) {
        entry.tls = new TlsIdentity(workload, settings, verification);
      } else {
        entry.tls.replace(workload);
      }
    } catch (IllegalArgumentException e) {
      failed(entry, e);
      return;
    }
    entry.failures = 0;
    entry.lastError = null;
    usable.put(entry.id, entry.tls);
    for (CompletableFuture<TlsIdentity> waiter : entry.takeWaiters()) {
      waiter.complete(entry.tls);
    }
    Instant now = clock.instant();
    Instant halfLife =
        workload
            .notBefore()
            .plus(Duration.between(workload.notBefore(), workload.notAfter()).dividedBy(2));
    Instant due = now.plus(MIN_RENEWAL);
    entry.timer = schedule(halfLife.isAfter(due) ? halfLife : due, () -> queue(entry, prefetched));
    entry.nextAttempt = halfLife.isAfter(due) ? halfLife : due;
    scheduleExpiry(entry, workload);
    logger.debug("certificate of {}", workload);
  }

  private void scheduleExpiry(Entry entry, WorkloadIdentity workload) {
    if (entry.expiry != null) {
      entry.expiry.cancel(false);
    }
    entry.expiry = schedule(workload.notAfter(), () -> expired(entry));
  }

  private void expired(Entry entry) {
    logger.error(
        "certificate of {}: expired and not renewed: {} reason={}",
        entry.id,
        entry.lastError == null ? "no answer yet" : entry.lastError,
        ReasonCode.IDENTITY_UNAVAILABLE);
    usable.remove(entry.id);
    if (entry.tls != null) {
      entry.tls.close();
      entry.tls = null;
    }
  }

  private void failed(Entry entry, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    entry.lastError =
        cause == null
            ? "no answer"
            : cause.getMessage() == null ? cause.toString() : cause.getMessage();
    Duration delay = backoff(entry.failures++);
    logger.warn(
        "certificate of {}: {}; next attempt in {} ms{} reason={}",
        entry.id,
        entry.lastError,
        delay.toMillis(),
        entry.tls == null ? "" : ", the present one stays in use",
        ReasonCode.IDENTITY_UNAVAILABLE);
    entry.nextAttempt = clock.instant().plus(delay);
    entry.retry =
        schedule(
            entry.nextAttempt,
            () -> {
              entry.retry = null;
              queue(entry, entry.waiters.isEmpty() ? prefetched : demanded);
            });
    entry.answerIsNear = cause instanceof ConnectException && entry.failures <= WAITED_THROUGH;
    if (entry.answerIsNear) {
      return;
    }
    for (CompletableFuture<TlsIdentity> waiter : entry.takeWaiters()) {
      waiter.completeExceptionally(entry.unavailable());
    }
  }

  /**
   * Doubles from between 0.5 and 1 s, so that a node's identities do not all come at once again.
   */
  private Duration backoff(int failures) {
    long first = 500L + random.nextInt(500);
    long millis = first << Math.min(failures, 10);
    return Duration.ofMillis(Math.min(millis, MAX_BACKOFF.toMillis()));
  }

  private Future<?> schedule(Instant at, Runnable task) {
    long millis = Math.max(0, Duration.between(clock.instant(), at).toMillis());
    return owner.schedule(task, millis, TimeUnit.MILLISECONDS);
  }

  private void forget(Entry entry) {
    entries.remove(entry.id);
    usable.remove(entry.id);
    demanded.remove(entry);
    prefetched.remove(entry);
    entry.cancelTimer();
    if (entry.expiry != null) {
      entry.expiry.cancel(false);
    }
    if (entry.tls != null) {
      entry.tls.close();
    }
    for (CompletableFuture<TlsIdentity> waiter : entry.takeWaiters()) {
      waiter.completeExceptionally(
          new CertificateUnavailableException(
              "identity: " + entry.id + ": its last pod left this node"));
    }
  }

  /** One identity; touched by the owner's thread only. */
  private static final class Entry {
    private final SpiffeId id;
    private int holders;
    private boolean inFlight;
    private boolean answerIsNear;
    private int failures;
    private @Nullable TlsIdentity tls;
    private @Nullable String lastError;
    private @Nullable Instant nextAttempt;
    private @Nullable Future<?> timer;
    private @Nullable Future<?> retry;
    private @Nullable Future<?> expiry;
    private List<CompletableFuture<TlsIdentity>> waiters = new ArrayList<>(2);

    Entry(SpiffeId id) {
      this.id = id;
    }

    void cancelTimer() {
      if (timer != null) {
        timer.cancel(false);
        timer = null;
      }
      if (retry != null) {
        retry.cancel(false);
        retry = null;
      }
      nextAttempt = null;
    }

    List<CompletableFuture<TlsIdentity>> takeWaiters() {
      List<CompletableFuture<TlsIdentity>> taken = waiters;
      waiters = new ArrayList<>(2);
      return taken;
    }

    CertificateUnavailableException unavailable() {
      return new CertificateUnavailableException("certificate of " + id + ": " + lastError);
    }

    CertificateStatus status() {
      CertificateState state;
      if (tls != null) {
        state = CertificateState.AVAILABLE;
      } else if (lastError == null) {
        state = CertificateState.INITIALIZING;
      } else {
        state = CertificateState.UNAVAILABLE;
      }
      return new CertificateStatus(
          id, state, tls == null ? null : tls.workload(), lastError, nextAttempt);
    }
  }
}
