package dev.groundmesh.nodeagent.controlplane;

import dev.groundmesh.meshapi.proto.enrolment.PodRedirection;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt.Unrecorded;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import dev.groundmesh.meshapi.retry.Backoff;
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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the controller told of the redirection of the node's pods: what differs from what it has
 * recorded is sent, one report at a time, until it is recorded. What a replica refuses, for it may
 * not know the pod yet, is told again too, after a longer pause and without holding up the rest.
 * The state belongs to one thread, the executor given.
 */
public final class RedirectionReporter {
  private static final Logger log = LoggerFactory.getLogger(RedirectionReporter.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(100), LONGEST_PAUSE);
  private static final Backoff REPETITION = new Backoff(Duration.ofSeconds(1), LONGEST_PAUSE);
  private static final int BATCH = 500;

  private final Function<RedirectionReport, CompletableFuture<RedirectionReceipt>> send;
  private final ScheduledExecutorService thread;
  private final Map<String, PodRedirection> recorded = new HashMap<>();
  private final Map<String, PodRedirection> refused = new HashMap<>();
  private Map<String, PodRedirection> current = Map.of();
  private boolean underWay;
  private boolean repetitionDue;
  private int failures;
  private int repetitions;

  /**
   * @param send reports once; does not block
   * @param thread one thread, which owns the state
   */
  public RedirectionReporter(
      Function<RedirectionReport, CompletableFuture<RedirectionReceipt>> send,
      ScheduledExecutorService thread) {
    this.send = send;
    this.thread = thread;
  }

  /** This is how it stands now with every pod of the node. Any thread. */
  public void tell(Collection<PodRedirection> pods) {
    Map<String, PodRedirection> byUid = new HashMap<>();
    pods.forEach(pod -> byUid.put(pod.getWorkloadUid(), pod));
    execute(
        () -> {
          current = byUid;
          recorded.keySet().retainAll(byUid.keySet());
          refused.keySet().retainAll(byUid.keySet());
          report();
        });
  }

  private void report() {
    if (underWay) {
      return;
    }
    List<PodRedirection> news = new ArrayList<>();
    for (PodRedirection pod : current.values()) {
      if (news.size() < BATCH
          && !pod.equals(recorded.get(pod.getWorkloadUid()))
          && !pod.equals(refused.get(pod.getWorkloadUid()))) {
        news.add(pod);
      }
    }
    if (news.isEmpty()) {
      return;
    }
    underWay = true;
    var _ =
        send.apply(RedirectionReport.newBuilder().addAllPods(news).build())
            .whenComplete((receipt, failure) -> execute(() -> answered(news, receipt, failure)));
  }

  private void answered(
      List<PodRedirection> news,
      @Nullable RedirectionReceipt receipt,
      @Nullable Throwable failure) {
    underWay = false;
    Map<String, Unrecorded> missing = new HashMap<>();
    if (receipt != null) {
      receipt.getUnrecordedList().forEach(one -> missing.put(one.getWorkloadUid(), one));
    }
    boolean again = receipt == null;
    if (receipt != null) {
      for (PodRedirection pod : news) {
        Unrecorded unrecorded = missing.get(pod.getWorkloadUid());
        if (unrecorded == null) {
          recorded.put(pod.getWorkloadUid(), pod);
          refused.remove(pod.getWorkloadUid());
          continue;
        }
        log.debug("{}: not recorded: {}", pod.getWorkloadUid(), unrecorded.getReason());
        if (unrecorded.getRetry()) {
          again = true;
        } else {
          refused.put(pod.getWorkloadUid(), pod);
        }
      }
      repeatRefused();
    }
    if (!again) {
      failures = 0;
      report();
      return;
    }
    failures++;
    if (failures == 5) {
      log.warn(
          "the redirection of {} pods is not recorded, it is tried again: {}",
          news.size(),
          failure == null ? missing.values().iterator().next().getReason() : failure.getMessage());
    }
    underWay = true;
    schedule(
        () -> {
          underWay = false;
          report();
        },
        RETRY.after(failures));
  }

  private void repeatRefused() {
    if (refused.isEmpty()) {
      repetitions = 0;
      return;
    }
    if (repetitionDue) {
      return;
    }
    repetitionDue = true;
    schedule(
        () -> {
          repetitionDue = false;
          refused.clear();
          report();
        },
        REPETITION.after(++repetitions));
  }

  private void schedule(Runnable task, Duration pause) {
    try {
      var _ = thread.schedule(task, pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("no more reports: the agent ends", e);
    }
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("no more reports: the agent ends", e);
    }
  }
}
