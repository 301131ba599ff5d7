package dev.groundmesh.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.groundmesh.controller.redirection.PodRedirection;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.enrolment.PodRedirection.State;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt.Unrecorded;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RedirectionServiceTest {

  private static final String A = "Kubernetes//Pod/shop/a";
  private static final String B = "Kubernetes//Pod/shop/b";

  @TempDir Path directory;
  private TestControlPlane control;
  private final List<PodRedirection> recorded = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws Exception {
    control = new TestControlPlane(directory);
    control.resources.pod("a", "10.0.0.1", "node-1").pod("b", "10.0.0.2", "node-2");
    control.resources.enrol("a", "node-1").enrol("b", "node-2");
    control.redirections =
        redirection -> {
          recorded.add(redirection);
          return CompletableFuture.completedFuture(null);
        };
    control.serve();
  }

  @AfterEach
  void stop() {
    control.close();
  }

  @Test
  void theRedirectionOfAPodOfTheNodeIsRecorded() throws Exception {
    RedirectionReceipt receipt =
        report(control.agentToken("node-1"), pod(A, "uid-a", State.ENABLED));

    assertThat(receipt.getUnrecordedList()).isEmpty();
    assertThat(recorded)
        .containsExactly(
            new PodRedirection(
                "shop", "a", "uid-a", "node-1", PodRedirection.State.ENABLED, "", ""));
    assertThat(control.http("GET", "/metrics").body())
        .contains("groundmesh_redirection_reports_total{outcome=\"enabled\"} 1");
  }

  @Test
  void anAgentSpeaksForThePodsOfItsOwnNodeOnly() throws Exception {
    RedirectionReceipt receipt =
        report(
            control.agentToken("node-1"),
            pod(B, "uid-b", State.DISABLED),
            pod(A, "uid-a", State.PENDING));

    assertThat(receipt.getUnrecordedList()).extracting(Unrecorded::getWorkloadUid).containsOnly(B);
    assertThat(receipt.getUnrecorded(0).getRetry()).isFalse();
    assertThat(recorded).extracting(PodRedirection::name).containsExactly("a");
  }

  @Test
  void whatIsToldOfAFormerPodOfTheNameIsNotRecorded() throws Exception {
    RedirectionReceipt receipt =
        report(control.agentToken("node-1"), pod(A, "uid-of-before", State.DISABLED));

    assertThat(receipt.getUnrecorded(0).getReason())
        .isEqualTo("runtime_id: uid-of-before (expected: uid-a, the pod was made anew)");
    assertThat(recorded).isEmpty();
  }

  @Test
  void whatCannotBeRecordedNowIsAskedForAgain() throws Exception {
    control.redirections = _ -> CompletableFuture.failedFuture(new IOException("no API server"));

    RedirectionReceipt receipt =
        report(control.agentToken("node-1"), pod(A, "uid-a", State.ENABLED));

    assertThat(receipt.getUnrecorded(0).getRetry()).isTrue();
  }

  @Test
  void aStateThatIsNotUnderstoodIsNotRecorded() throws Exception {
    RedirectionReceipt receipt =
        report(control.agentToken("node-1"), pod(A, "uid-a", State.UNSPECIFIED));

    assertThat(receipt.getUnrecorded(0).getReason()).isEqualTo("state: 0 (expected: 1 to 4)");
    assertThat(recorded).isEmpty();
  }

  @Test
  void othersThanAgentsMayNotReport() {
    assertRefused(control.podToken("a", "node-1"), Status.Code.PERMISSION_DENIED);
    assertRefused(control.agentToken("node-7"), Status.Code.PERMISSION_DENIED);
    assertRefused("nonsense", Status.Code.UNAUTHENTICATED);
    assertThat(recorded).isEmpty();
  }

  private void assertRefused(String token, Status.Code code) {
    assertThatThrownBy(() -> report(token, pod(A, "uid-a", State.DISABLED)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private static dev.groundmesh.meshapi.proto.enrolment.PodRedirection pod(
      String workloadUid, String runtimeId, State state) {
    return dev.groundmesh.meshapi.proto.enrolment.PodRedirection.newBuilder()
        .setWorkloadUid(workloadUid)
        .setRuntimeId(runtimeId)
        .setState(state)
        .build();
  }

  private RedirectionReceipt report(
      String token, dev.groundmesh.meshapi.proto.enrolment.PodRedirection... pods)
      throws Exception {
    Metadata headers = new Metadata();
    headers.put(ControlPlaneMethods.AUTHORIZATION, "Bearer " + token);
    return ClientCalls.blockingUnaryCall(
        ClientInterceptors.intercept(
            control.channel(), MetadataUtils.newAttachHeadersInterceptor(headers)),
        ControlPlaneMethods.REPORT_REDIRECTION,
        CallOptions.DEFAULT,
        RedirectionReport.newBuilder().addAllPods(List.of(pods)).build());
  }
}
