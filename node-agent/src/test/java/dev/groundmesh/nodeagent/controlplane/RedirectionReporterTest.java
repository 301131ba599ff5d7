package dev.groundmesh.nodeagent.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.proto.enrolment.PodRedirection;
import dev.groundmesh.meshapi.proto.enrolment.PodRedirection.State;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt.Unrecorded;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RedirectionReporterTest {
  private record Told(List<PodRedirection> pods, CompletableFuture<RedirectionReceipt> receipt) {
    void record() {
      receipt.complete(RedirectionReceipt.getDefaultInstance());
    }

    void refuse(String uid, boolean retry) {
      receipt.complete(
          RedirectionReceipt.newBuilder()
              .addUnrecorded(Unrecorded.newBuilder().setWorkloadUid(uid).setRetry(retry))
              .build());
    }
  }

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<Told> reports = new LinkedBlockingQueue<>();
  private final RedirectionReporter reporter = new RedirectionReporter(this::send, thread);

  @AfterEach
  void stop() {
    thread.shutdownNow();
  }

  private CompletableFuture<RedirectionReceipt> send(RedirectionReport report) {
    var receipt = new CompletableFuture<RedirectionReceipt>();
    reports.add(new Told(report.getPodsList(), receipt));
    return receipt;
  }

  private Told next() throws InterruptedException {
    Told told = reports.poll(30, TimeUnit.SECONDS);
    assertThat(told).as("a report").isNotNull();
    return told;
  }

  private void tell(PodRedirection... pods) {
    reporter.tell(Arrays.asList(pods));
  }

  private static PodRedirection pod(String uid) {
    return PodRedirection.newBuilder().setWorkloadUid(uid).setState(State.ENABLED).build();
  }

  @Test
  void whatIsRecordedIsNotToldAgain() throws Exception {
    tell(pod("a"));
    next().record();
    tell(pod("a"), pod("b"));
    assertThat(next().pods()).containsExactly(pod("b"));
  }

  @Test
  void whatAReplicaDoesNotRecordIsToldAgain() throws Exception {
    tell(pod("a"));
    next().refuse("a", true);
    assertThat(next().pods()).containsExactly(pod("a"));
  }

  @Test
  void whatAReplicaRefusesIsNotCountedAsRecorded() throws Exception {
    tell(pod("a"));
    next().refuse("a", false);
    assertThat(next().pods()).containsExactly(pod("a"));
  }

  @Test
  void aRefusedPodHoldsUpNoOther() throws Exception {
    tell(pod("a"));
    next().refuse("a", false);
    tell(pod("a"), pod("b"));
    assertThat(next().pods()).containsExactly(pod("b"));
  }
}
