package dev.groundmesh.nodeagent.enrolment;

import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.nodeagent.enrolment.EnrolmentStatus.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(15);
  private static final Duration PRESENCE_CHECK = Duration.ofSeconds(1);

  private final ScheduledExecutorService thread;
  private final PodCapturer capture;
  private final Predicate<String> workloadKnown;
  private final Runnable attempted;
  private final Map<String, Entry> entries = new HashMap<>();
  private final List<Entry> leaving = new ArrayList<>();
  private boolean suspended;
  private boolean targetComplete;
  private boolean inheritedReleased;
  private volatile List<EnrolmentStatus> status = List.of();

  private static final class Entry {
    PodEnrolment wanted;
    PodCapturer.@Nullable CapturedPod captured;
    int failures;
    @Nullable String lastError;

    Entry(PodEnrolment wanted) {
      this.wanted = wanted;
    }

    Entry leavingWith(PodCapturer.CapturedPod former) {
      Entry leaving = new Entry(wanted);
      leaving.captured = former;
      return leaving;
    }
  }

  /**
   * @param thread one thread, which owns the state
   * @param capture does the work
   * @param workloadKnown whether the mesh still knows a workload, by uid; told apart by it are a
   *     pod that left the mesh and one that was deleted
   * @param attempted called on {@code thread} when every pod of a target was tried once
   */
  public Enroller(
      ScheduledExecutorService thread,
      PodCapturer capture,
      Predicate<String> workloadKnown,
      Runnable attempted) {
    this.thread = thread;
    this.capture = capture;
    this.workloadKnown = workloadKnown;
    this.attempted = attempted;
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
   * @param pods of the node; those that are not in the mesh are let go of
   * @param complete whether these are all, as the controller said just now; then pods that only a
   *     predecessor captured are let go of, as soon as each of these is captured
   */
  public void target(Collection<PodEnrolment> pods, boolean complete) {
    List<PodEnrolment> copy =
        pods.stream().filter(pod -> pod.enrolled() && !pod.addresses().isEmpty()).toList();
    thread.execute(
        () -> {
          targetComplete |= complete;
          reconcile(copy);
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

  /** Takes no new connection of any pod, for a successor does. Any thread. */
  public void retire() {
    thread.execute(
        () -> {
          for (Entry entry : entries.values()) {
            PodCapturer.CapturedPod captured = entry.captured;
            if (captured != null) {
              captured.retire();
            }
          }
        });
  }

  /** Every pod that is asked for, and how far it is. Any thread. */
  public List<EnrolmentStatus> status() {
    return status;
  }

  private void reconcile(List<PodEnrolment> pods) {
    Map<String, PodEnrolment> wanted = new HashMap<>();
    pods.forEach(pod -> wanted.put(pod.workloadUid(), pod));
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
      entry.captured = capture.capture(entry.wanted);
      entry.failures = 0;
      entry.lastError = null;
      log.info(
          "pod enrolled uid={} netns={}", entry.wanted.workloadUid(), entry.wanted.runtimeId());
    } catch (IOException | RuntimeException e) {
      failed(entry, e);
    }
  }

  private void failed(Entry entry, Exception cause) {
    Duration pause = retryPause(entry.failures);
    entry.failures++;
    entry.lastError = String.valueOf(cause.getMessage());
    if (entry.failures == 1 || pause.equals(LONGEST_RETRY)) {
      log.warn(
          "pod not enrolled uid={} netns={} reason={} failures={} error={}",
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

  private static Duration retryPause(int failures) {
    Duration pause = FIRST_RETRY.multipliedBy(1L << Math.min(failures, 10));
    return pause.compareTo(LONGEST_RETRY) < 0 ? pause : LONGEST_RETRY;
  }

  private void leave(Entry entry) {
    PodCapturer.CapturedPod captured = entry.captured;
    if (captured == null) {
      return;
    }
    entry.captured = null;
    if (!captured.present() || !workloadKnown.test(entry.wanted.workloadUid())) {
      log.info("pod deleted uid={}", entry.wanted.workloadUid());
      letGo(entry, captured);
      captured.tearDown();
      return;
    }
    log.info("pod released uid={}", entry.wanted.workloadUid());
    letGo(entry, captured);
    entry.captured = captured;
    leaving.add(entry);
  }

  private void letGo(Entry entry, PodCapturer.CapturedPod captured) {
    try {
      captured.release();
    } catch (IOException e) {
      log.warn("pod cannot be released uid={}", entry.wanted.workloadUid(), e);
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
        letGo(entry, captured);
        captured.tearDown();
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
              captured.idle()
                  || !captured.present()
                  || !workloadKnown.test(entry.wanted.workloadUid());
          if (over) {
            captured.tearDown();
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
    status =
        entries.values().stream()
            .map(
                e ->
                    new EnrolmentStatus(
                        e.wanted,
                        e.captured == null ? State.PENDING : State.ENABLED,
                        e.failures,
                        e.lastError))
            .toList();
  }

  private void schedule(Runnable task, Duration delay) {
    try {
      var _ = thread.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("no more attempts: the agent ends", e);
    }
  }
}
