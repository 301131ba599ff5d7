package dev.groundmesh.meshapi.control;

import dev.groundmesh.meshapi.proto.enrolment.RedirectionReceipt;
import dev.groundmesh.meshapi.proto.enrolment.RedirectionReport;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells the controller what has become of the redirection of the node's pods. */
public final class RedirectionReportsClient {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final ControlPlaneChannel channel;
  private final Executor executor;

  /**
   * A client that has called nobody yet.
   *
   * @param executor where calls begin, as they read files, and where answers are handled
   */
  public RedirectionReportsClient(ControlPlaneChannel channel, Executor executor) {
    this.channel = channel;
    this.executor = executor;
  }

  /**
   * Reports. Does not block.
   *
   * @return what was not recorded; fails with an {@link IOException} that says who refused and why
   */
  public CompletableFuture<RedirectionReceipt> report(RedirectionReport report) {
    CompletableFuture<RedirectionReceipt> answer = new CompletableFuture<>();
    executor.execute(
        () -> {
          try {
            call(report, answer);
          } catch (IOException | RuntimeException e) {
            answer.completeExceptionally(new IOException(describe(e.getMessage()), e));
          }
        });
    return answer;
  }

  private void call(RedirectionReport report, CompletableFuture<RedirectionReceipt> answer)
      throws IOException {
    ClientCall<RedirectionReport, RedirectionReceipt> call =
        channel
            .channel()
            .newCall(
                ControlPlaneMethods.REPORT_REDIRECTION,
                CallOptions.DEFAULT
                    .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                    .withExecutor(executor));
    call.start(
        new ClientCall.Listener<>() {
          private @Nullable RedirectionReceipt receipt;

          @Override
          public void onMessage(RedirectionReceipt message) {
            receipt = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (status.isOk() && receipt != null) {
              answer.complete(receipt);
              return;
            }
            answer.completeExceptionally(
                new IOException(describe(CallEnd.describe(status)), status.getCause()));
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(report);
    call.halfClose();
  }

  private String describe(@Nullable String problem) {
    return "redirection reports " + channel.settings().address() + ": " + problem;
  }
}
