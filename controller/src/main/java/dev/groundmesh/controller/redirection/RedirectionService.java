package dev.groundmesh.controller.redirection;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.auth.AuthenticationException;
import dev.groundmesh.controller.auth.CallAuthenticator;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.NodeAuthorizer;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.NodePods;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.redirection.PodRedirection.State;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt.Unrecorded;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what node agents tell of the redirection of their pods. An agent speaks for the pods of its
 * own node only. The answer comes when everything is recorded, and names what is not, so that the
 * agent's next report brings it again: whichever replica is asked, nothing is lost with it.
 */
public final class RedirectionService {

  private static final Logger log = LoggerFactory.getLogger(RedirectionService.class);

  /** More pods than a node can run: what is longer is no report. */
  private static final int MAX_PODS = 10_000;

  private static final int MAX_TEXT = 1024;

  private final CallAuthenticator authenticator;
  private final NodeAuthorizer nodes;
  private final Supplier<CompiledResources> resources;
  private final RedirectionSink sink;
  private final Supplier<CompletionStage<Boolean>> agentsLeave;
  private final MetricRegistry metrics;

  /**
   * A service that is not yet served.
   *
   * @param resources the newest snapshot; called on any thread
   * @param agentsLeave whether agents are being taken off for good; called on any thread
   */
  public RedirectionService(
      CallAuthenticator authenticator,
      NodeAuthorizer nodes,
      Supplier<CompiledResources> resources,
      RedirectionSink sink,
      Supplier<CompletionStage<Boolean>> agentsLeave,
      MetricRegistry metrics) {
    this.authenticator = authenticator;
    this.nodes = nodes;
    this.resources = resources;
    this.sink = sink;
    this.agentsLeave = agentsLeave;
    this.metrics = metrics;
  }

  /** What the gRPC server serves. */
  public ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(ControlPlaneMethods.REDIRECTION_REPORTS)
        .addMethod(ControlPlaneMethods.REPORT_REDIRECTION, this::start)
        .build();
  }

  private ServerCall.Listener<RedirectionReport> start(
      ServerCall<RedirectionReport, RedirectionReceipt> call, Metadata headers) {
    return authenticator.admit(
        call,
        headers,
        "authentication failure",
        () -> {},
        (caller, peer) -> start(call, headers, caller, peer));
  }

  private ServerCall.Listener<RedirectionReport> start(
      ServerCall<RedirectionReport, RedirectionReceipt> call,
      Metadata headers,
      Caller caller,
      String peer) {
    String node;
    try {
      node = nodes.nodeOf(caller);
    } catch (AuthenticationException e) {
      authenticator.refused(e, peer, "redirection report of " + caller.account());
      return refuse(call, Status.PERMISSION_DENIED.withDescription("reports are of node agents"));
    }
    return ServerCalls.asyncUnaryCall(
            (RedirectionReport report, StreamObserver<RedirectionReceipt> answer) ->
                handle(node, report, answer))
        .startCall(call, headers);
  }

  private static ServerCall.Listener<RedirectionReport> refuse(
      ServerCall<RedirectionReport, RedirectionReceipt> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private void handle(
      String node, RedirectionReport report, StreamObserver<RedirectionReceipt> answer) {
    if (report.getPodsCount() > MAX_PODS) {
      answer.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "pods: " + report.getPodsCount() + " (expected: at most " + MAX_PODS + ")")
              .asRuntimeException());
      return;
    }
    List<CompletableFuture<@Nullable Unrecorded>> outcomes = new ArrayList<>();
    report.getPodsList().forEach(pod -> outcomes.add(take(node, pod)));
    CompletableFuture<Boolean> leave =
        report.getEnding() ? leaves(node) : CompletableFuture.completedFuture(false);
    var _ =
        CompletableFuture.allOf(outcomes.toArray(CompletableFuture<?>[]::new))
            .thenCombine(leave, (_, leaves) -> leaves)
            .thenAccept(
                leaves -> {
                  RedirectionReceipt.Builder receipt =
                      RedirectionReceipt.newBuilder().setLeave(leaves);
                  for (CompletableFuture<@Nullable Unrecorded> outcome : outcomes) {
                    Unrecorded unrecorded = outcome.join();
                    if (unrecorded != null) {
                      receipt.addUnrecorded(unrecorded);
                    }
                  }
                  answer.onNext(receipt.build());
                  answer.onCompleted();
                });
  }

  /** In doubt an agent stays in force: its pods are never opened by a failure. */
  private CompletableFuture<Boolean> leaves(String node) {
    return agentsLeave
        .get()
        .toCompletableFuture()
        .handle(
            (leaves, failure) -> {
              if (failure != null) {
                log.warn(
                    "node {}: not known whether its agent leaves for good: {}",
                    node,
                    failure.getMessage());
                return false;
              }
              log.info("node {}: its agent ends, leave={}", node, leaves);
              return leaves;
            });
  }

  private CompletableFuture<@Nullable Unrecorded> take(
      String node, dev.groundmesh.meshapi.proto.enrolment.PodRedirection told) {
    PodRedirection redirection;
    try {
      redirection = read(node, told);
    } catch (UnusableException e) {
      count("refused");
      log.info("node {}: redirection of {}: {}", node, told.getWorkloadUid(), e.getMessage());
      return CompletableFuture.completedFuture(
          unrecorded(told, String.valueOf(e.getMessage()), false));
    }
    count(redirection.state().name().toLowerCase(Locale.ROOT));
    if (redirection.state() == State.FAILED) {
      log.warn(
          "node {}: pod {}/{} is not redirected: {} ({})",
          node,
          redirection.namespace(),
          redirection.name(),
          redirection.message(),
          redirection.reason());
    }
    return sink.record(redirection)
        .toCompletableFuture()
        .handle(
            (_, failure) -> {
              if (failure == null) {
                return null;
              }
              count("unrecorded");
              log.warn(
                  "node {}: redirection of pod {}/{} cannot be recorded: {}",
                  node,
                  redirection.namespace(),
                  redirection.name(),
                  failure.getMessage());
              return unrecorded(told, "cannot be recorded now", true);
            });
  }

  /** Of a pod that this node does not run, or of its predecessor, or not understood. */
  private static final class UnusableException extends Exception {
    private static final long serialVersionUID = 1;

    UnusableException(String message) {
      super(message);
    }
  }

  private PodRedirection read(
      String node, dev.groundmesh.meshapi.proto.enrolment.PodRedirection told)
      throws UnusableException {
    CompiledResources now = resources.get();
    CompiledResource known = now.enrolment(node, told.getWorkloadUid());
    if (known == null) {
      throw new UnusableException(
          "workload_uid: " + told.getWorkloadUid() + " (expected: a pod of node " + node + ")");
    }
    PodEnrolment enrolment = decode(known);
    if (!enrolment.getRuntimeId().equals(told.getRuntimeId())) {
      throw new UnusableException(
          "runtime_id: "
              + told.getRuntimeId()
              + " (expected: "
              + enrolment.getRuntimeId()
              + ", the pod was made anew)");
    }
    NodePods.NodePod pod = now.pods(node).pod(enrolment.getNamespace(), enrolment.getName());
    return new PodRedirection(
        enrolment.getNamespace(),
        enrolment.getName(),
        pod == null ? "" : pod.uid(),
        node,
        state(told),
        bounded(told.getReason()),
        bounded(told.getMessage()));
  }

  private static State state(dev.groundmesh.meshapi.proto.enrolment.PodRedirection told)
      throws UnusableException {
    return switch (told.getState()) {
      case ENABLED -> State.ENABLED;
      case PENDING -> State.PENDING;
      case FAILED -> State.FAILED;
      case DISABLED -> State.DISABLED;
      case UNSPECIFIED, UNRECOGNIZED ->
          throw new UnusableException("state: " + told.getStateValue() + " (expected: 1 to 4)");
    };
  }

  private static PodEnrolment decode(CompiledResource resource) {
    try {
      return PodEnrolment.parseFrom(resource.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(resource.name() + ": not what was encoded", e);
    }
  }

  private static Unrecorded unrecorded(
      dev.groundmesh.meshapi.proto.enrolment.PodRedirection told, String reason, boolean retry) {
    return Unrecorded.newBuilder()
        .setWorkloadUid(told.getWorkloadUid())
        .setReason(reason)
        .setRetry(retry)
        .build();
  }

  private static String bounded(String text) {
    return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
  }

  private void count(String outcome) {
    metrics
        .counter(
            "groundmesh_redirection_reports_total",
            "Redirections of pods that node agents told, by what was told or became of it.",
            "outcome",
            outcome)
        .increment();
  }
}
