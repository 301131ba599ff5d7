package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.retry.Backoff;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus.State;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the captured pods of the node to what the controller asks for. A pod that cannot be
 * captured is tried again with a growing pause, and holds up no other. The state belongs to one
 * thread, the executor given; the published view may be read by any.
 */
public final class Enroller {
  private static final Logger log = LoggerFactory.getLogger(Enroller.class);
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(15));
  private static final Duration PRESENCE_CHECK = Duration.ofSeconds(1);

  private final ScheduledExecutorService thread;
  private final PodCapturer capture;
  private final Runnable attempted;
  private final Runnable changed;
  private final Duration peersHear;
  private final Map<String, Entry> entries = new HashMap<>();
  private final List<Entry> leaving = new ArrayList<>();

  /** By the runtime's id; for as long as the sandbox lives. */
  private final Map<String, PodBirth> births = new HashMap<>();

  private boolean suspended;
  private boolean targetComplete;
  private boolean inheritedReleased;
  private volatile Map<String, PodEnrolment> told = Map.of();
  private volatile List<EnrolmentStatus> status = List.of();

  /** This agent enrols no pod at the moment, for a successor takes over. */
  public static final class SuspendedException extends IOException {
    private static final long serialVersionUID = 1;

    SuspendedException() {
      super("another agent takes the node over");
    }
  }

  private static final class Entry {
    PodEnrolment wanted;
    PodCapturer.@Nullable CapturedPod captured;
    int failures;
    @Nullable String lastError;

    /**
     * Since the last success; {@code failures} counts those that the pod's end does not explain.
     */
    int attempts;

    /**
     * Whether its namespace went away: with the pod, as a rule, which the controller tells later.
     */
    boolean namespaceGone;

    /** Of one that leaves: whether it takes no new connection any more. */
    boolean retired;

    Entry(PodEnrolment wanted) {
      this.wanted = wanted;
    }

    EnrolmentStatus status() {
      return captured == null
          ? new EnrolmentStatus(wanted, State.PENDING, failures, lastError, 0)
          : new EnrolmentStatus(wanted, State.ENABLED, failures, lastError, captured.netns());
    }

    Entry leavingWith(PodCapturer.CapturedPod former) {
      Entry leaving = new Entry(wanted);
      leaving.captured = former;
      leaving.retired = true;
      return leaving;
    }
  }

  /**
   * @param thread one thread, which owns the state
   * @param capture does the work
   * @param attempted called on {@code thread} when every pod of a target was tried once
   * @param changed called on {@code thread} when {@link #status} or {@link #pod} may say otherwise
   * @param peersHear how long the peers of a pod that left the mesh may still dial its tunnels
   */
  public Enroller(
      ScheduledExecutorService thread,
      PodCapturer capture,
      Runnable attempted,
      Runnable changed,
      Duration peersHear) {
    this.thread = thread;
    this.capture = capture;
    this.attempted = attempted;
    this.changed = changed;
    this.peersHear = peersHear;
    var _ =
        thread.scheduleWithFixedDelay(
            this::checkPresence,
            PRESENCE_CHECK.toMillis(),
            PRESENCE_CHECK.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /**
   * Replaces the target. Any thread.
   *
   * @param pods of the node; those that are not in the mesh are let go of. One that is in the mesh
   *     and has no address waits for its {@linkplain #born birth}
   * @param complete whether these are all, as the controller said just now; then pods that only a
   *     predecessor captured are let go of, as soon as each of these is captured
   */
  public void target(Collection<PodEnrolment> pods, boolean complete) {
    List<PodEnrolment> copy = List.copyOf(pods);
    thread.execute(
        () -> {
          targetComplete |= complete;
          Map<String, PodEnrolment> byRuntimeId = new HashMap<>();
          copy.forEach(pod -> byRuntimeId.put(pod.runtimeId(), pod));
          births.keySet().retainAll(byRuntimeId.keySet());
          told = Map.copyOf(byRuntimeId);
          reconcile();
        });
  }

  /** The pod of this node with this id of the runtime, in the mesh or not. Any thread. */
  public @Nullable PodEnrolment pod(String runtimeId) {
    return told.get(runtimeId);
  }

  /** The pods of this node, in the mesh or not. Any thread. */
  public Collection<PodEnrolment> pods() {
    return told.values();
  }

  /**
   * The CNI has made a sandbox for a pod of the target: it is captured there, and by the addresses
   * that it was given, whatever is known of a former one. Any thread.
   *
   * @return completes when it is captured; fails with a {@link SuspendedException} if that is for
   *     another agent to do, and with another exception if it cannot be captured or is not in the
   *     mesh any more
   */
  public CompletableFuture<EnrolmentStatus> born(PodBirth birth) {
    CompletableFuture<EnrolmentStatus> result = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            result.complete(captureBorn(birth));
          } catch (IOException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private EnrolmentStatus captureBorn(PodBirth birth) throws IOException {
    if (suspended) {
      throw new SuspendedException();
    }
    PodEnrolment pod = told.get(birth.runtimeId());
    if (pod == null || !pod.enrolled()) {
      throw new IOException("runtime_id: " + birth.runtimeId() + " (expected: a pod in the mesh)");
    }
    PodBirth former = births.put(birth.runtimeId(), birth);
    Entry known = entries.get(pod.workloadUid());
    if (known != null && !birth.equals(former)) {
      // Another sandbox, perhaps of the same address.
      entries.remove(pod.workloadUid());
      leave(known);
    }
    reconcile();
    Entry entry = entries.get(pod.workloadUid());
    if (entry == null || entry.captured == null) {
      // The CNI will take the sandbox down again.
      births.remove(birth.runtimeId(), birth);
      throw new IOException(entry == null ? "not wanted" : String.valueOf(entry.lastError));
    }
    return entry.status();
  }

  /** The CNI takes a sandbox down. Any thread. */
  public void died(String runtimeId, Path netns) {
    thread.execute(
        () -> {
          PodBirth birth = births.get(runtimeId);
          if (birth != null && birth.netns().equals(netns)) {
            births.remove(runtimeId);
          }
          checkPresence();
        });
  }

  /** Makes no change until {@link #resume}; a successor is taking the pods over. Any thread. */
  public void suspend() {
    thread.execute(() -> suspended = true);
  }

  /**
   * Takes up the work again and captures every pod anew, for the successor may have taken some. Any
   * thread.
   *
   * @param first done before, on the enrolment thread
   */
  public void resume(Runnable first) {
    thread.execute(
        () -> {
          first.run();
          suspended = false;
          for (Entry entry : entries.values()) {
            PodCapturer.CapturedPod former = entry.captured;
            entry.captured = null;
            attempt(entry);
            if (former != null) {
              former.retire();
              leaving.add(entry.leavingWith(former));
            }
          }
          publish();
        });
  }

  /**
   * Takes no new connection of any pod. Any thread.
   *
   * @param pause before that, for handshakes that began at the listeners
   */
  public void retire(Duration pause) {
    thread.execute(
        () -> {
          suspended = true;
          if (pause.isZero()) {
            retireAll();
          } else {
            schedule(this::retireAll, pause);
          }
        });
  }

  private void retireAll() {
    for (Entry entry : entries.values()) {
      PodCapturer.CapturedPod captured = entry.captured;
      if (captured != null) {
        captured.retire();
      }
    }
  }

  /** Lets every pod go, for the mesh leaves this node. Any thread. */
  public void release() {
    thread.execute(
        () -> {
          Map<String, PodEnrolment> released = new HashMap<>(told);
          released.replaceAll((_, pod) -> pod.outOfTheMesh());
          told = Map.copyOf(released);
          reconcile();
          suspended = true;
        });
  }

  /** Ends what is left in pods that were let go of, with their connections. Any thread. */
  public void tearDown() {
    thread.execute(
        () -> {
          for (Entry entry : leaving) {
            if (entry.captured != null) {
              tearDown(entry, entry.captured);
            }
          }
          leaving.clear();
        });
  }

  /** Every pod that is asked for, and how far it is. Any thread. */
  public List<EnrolmentStatus> status() {
    return status;
  }

  private void reconcile() {
    Map<String, PodEnrolment> wanted = new HashMap<>();
    for (PodEnrolment pod : told.values()) {
      PodBirth birth = births.get(pod.runtimeId());
      PodEnrolment known = birth == null ? pod : pod.withAddresses(birth.addresses());
      if (known.enrolled() && !known.addresses().isEmpty()) {
        wanted.put(known.workloadUid(), known);
      }
    }
    for (Entry gone : entries.values().stream().toList()) {
      if (!wanted.containsKey(gone.wanted.workloadUid())) {
        entries.remove(gone.wanted.workloadUid());
        leave(gone);
      }
    }
    for (PodEnrolment pod : wanted.values()) {
      Entry entry = entries.get(pod.workloadUid());
      if (entry != null && entry.wanted.equals(pod)) {
        continue;
      }
      if (entry != null) {
        leave(entry);
      }
      Entry fresh = new Entry(pod);
      entries.put(pod.workloadUid(), fresh);
      attempt(fresh);
    }
    publish();
    attempted.run();
  }

  private void attempt(Entry entry) {
    if (suspended || entry.captured != null || entries.get(entry.wanted.workloadUid()) != entry) {
      return;
    }
    try {
      PodBirth birth = births.get(entry.wanted.runtimeId());
      entry.captured = capture.capture(entry.wanted, birth == null ? null : birth.netns());
      entry.attempts = 0;
      entry.failures = 0;
      entry.namespaceGone = false;
      entry.lastError = null;
      log.info(
          "pod enrolled uid={} runtimeId={} netns={}",
          entry.wanted.workloadUid(),
          entry.wanted.runtimeId(),
          entry.captured.netns());
    } catch (IOException | RuntimeException e) {
      failed(entry, e);
    }
  }

  private void failed(Entry entry, Exception cause) {
    entry.attempts++;
    Duration pause = RETRY.after(entry.attempts);
    boolean longTried = pause.equals(RETRY.longest());
    entry.lastError = String.valueOf(cause.getMessage());
    if (!entry.namespaceGone || longTried) {
      entry.failures = entry.attempts;
    }
    if (entry.failures == EnrolmentStatus.TOLERATED_FAILURES + 1 || longTried) {
      log.warn(
          "pod not enrolled uid={} runtimeId={} reason={} failures={} error={}",
          entry.wanted.workloadUid(),
          entry.wanted.runtimeId(),
          ReasonCode.ENROLMENT_FAILED,
          entry.failures,
          entry.lastError,
          cause instanceof RuntimeException ? cause : null);
    }
    schedule(
        () -> {
          attempt(entry);
          publish();
        },
        pause);
  }

  private void leave(Entry entry) {
    PodCapturer.CapturedPod captured = entry.captured;
    if (captured == null) {
      return;
    }
    entry.captured = null;
    if (!captured.present() || !isOfThisNode(entry)) {
      log.info("pod deleted uid={}", entry.wanted.workloadUid());
      letGo(entry, captured);
      tearDown(entry, captured);
      return;
    }
    log.info("pod released uid={}", entry.wanted.workloadUid());
    letGo(entry, captured);
    entry.captured = captured;
    leaving.add(entry);
    schedule(() -> retireLeft(entry), peersHear);
  }

  private static void retireLeft(Entry entry) {
    PodCapturer.CapturedPod captured = entry.captured;
    if (captured != null) {
      captured.retire();
    }
    entry.retired = true;
  }

  /** A pod that left the mesh lives on, and one that was deleted does not. */
  private boolean isOfThisNode(Entry entry) {
    return told.containsKey(entry.wanted.runtimeId());
  }

  private void letGo(Entry entry, PodCapturer.CapturedPod captured) {
    try {
      captured.release();
    } catch (IOException | RuntimeException e) {
      log.warn("pod cannot be released uid={}", entry.wanted.workloadUid(), e);
    }
  }

  private static void tearDown(Entry entry, PodCapturer.CapturedPod captured) {
    try {
      captured.tearDown();
    } catch (RuntimeException e) {
      log.warn("pod cannot be torn down uid={}", entry.wanted.workloadUid(), e);
    }
  }

  /** A deleted namespace lives on while sockets of ours are in it, so its name is looked at. */
  private void checkPresence() {
    boolean changed = false;
    for (Entry entry : entries.values()) {
      PodCapturer.CapturedPod captured = entry.captured;
      if (captured != null && !captured.present()) {
        log.info("pod's network namespace is gone uid={}", entry.wanted.workloadUid());
        entry.captured = null;
        entry.namespaceGone = true;
        letGo(entry, captured);
        tearDown(entry, captured);
        attempt(entry);
        changed = true;
      }
    }
    leaving.removeIf(
        entry -> {
          PodCapturer.CapturedPod captured = entry.captured;
          if (captured == null) {
            return true;
          }
          boolean over =
              (entry.retired && captured.idle()) || !captured.present() || !isOfThisNode(entry);
          if (over) {
            log.info("pod's last connection ended uid={}", entry.wanted.workloadUid());
            tearDown(entry, captured);
          }
          return over;
        });
    if (changed) {
      publish();
    }
  }

  private void publish() {
    if (targetComplete
        && !inheritedReleased
        && !suspended
        && entries.values().stream().allMatch(e -> e.captured != null)) {
      inheritedReleased = true;
      capture.releaseInherited();
    }
    status = entries.values().stream().map(Entry::status).toList();
    changed.run();
  }

  private void schedule(Runnable task, Duration delay) {
    try {
      var _ = thread.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("no more attempts: the agent ends", e);
    }
  }
}
