package dev.groundmesh.meshapi.control;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateRequest;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the control plane's certificate service for workloads' certificates, in the name of their
 * node.
 */
public final class CertificateServiceClient {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  /**
   * Of a first attempt. A connection without calls is not probed, so that only this tells that the
   * controller at its other end was lost with its node.
   */
  private static final Duration FIRST_DEADLINE = Duration.ofSeconds(3);

  private final ControlPlaneChannel channel;
  private final Executor executor;

  /**
   * A client that has called nobody yet.
   *
   * @param executor where requests begin, as they read files, and where answers are handled
   */
  public CertificateServiceClient(ControlPlaneChannel channel, Executor executor) {
    this.channel = channel;
    this.executor = executor;
  }

  /**
   * Asks for one certificate, and once more over a new connection where the way to the service
   * broke or nothing came back in three seconds. Does not block.
   *
   * @param id whom it is to name; sent as {@code ImpersonatedIdentity}
   * @param csr PKCS#10, PEM
   * @param validity how long it is to be valid, in whole seconds
   * @return the chain in PEM: leaf first, the root or roots in the last element; fails with an
   *     {@link IOException} that says who refused and why, a {@link ConnectException} where nobody
   *     answered
   */
  public CompletableFuture<List<String>> sign(SpiffeId id, String csr, Duration validity) {
    IstioCertificateRequest request =
        IstioCertificateRequest.newBuilder()
            .setCsr(csr)
            .setValidityDuration(validity.toSeconds())
            .setMetadata(
                Struct.newBuilder()
                    .putFields(
                        ControlPlaneMethods.IMPERSONATED_IDENTITY,
                        Value.newBuilder().setStringValue(id.toString()).build()))
            .build();
    CompletableFuture<List<String>> answer = new CompletableFuture<>();
    executor.execute(() -> begin(request, answer, true));
    return answer;
  }

  private void begin(
      IstioCertificateRequest request, CompletableFuture<List<String>> answer, boolean onceMore) {
    try {
      call(request, answer, onceMore);
    } catch (IOException | RuntimeException e) {
      answer.completeExceptionally(new IOException(describe(e.getMessage()), e));
    }
  }

  private void call(
      IstioCertificateRequest request, CompletableFuture<List<String>> answer, boolean onceMore)
      throws IOException {
    ManagedChannel way = channel.channel();
    ClientCall<IstioCertificateRequest, IstioCertificateResponse> call =
        way.newCall(
            ControlPlaneMethods.CREATE_CERTIFICATE,
            CallOptions.DEFAULT
                .withDeadlineAfter(
                    (onceMore ? FIRST_DEADLINE : DEADLINE).toMillis(), TimeUnit.MILLISECONDS)
                .withExecutor(executor));
    call.start(
        new ClientCall.Listener<>() {
          private @Nullable IstioCertificateResponse response;

          @Override
          public void onMessage(IstioCertificateResponse message) {
            response = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (status.isOk() && response != null) {
              answer.complete(List.copyOf(response.getCertChainList()));
            } else if (onceMore && isUnanswered(status)) {
              way.enterIdle();
              begin(request, answer, false);
            } else {
              answer.completeExceptionally(failure(status));
            }
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  private static boolean isUnanswered(Status status) {
    return status.getCode() == Status.Code.UNAVAILABLE
        || status.getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  private IOException failure(Status status) {
    String problem = describe(CallEnd.describe(status));
    if (status.getCode() != Status.Code.UNAVAILABLE) {
      return new IOException(problem, status.getCause());
    }
    ConnectException nobody = new ConnectException(problem);
    nobody.initCause(status.getCause());
    return nobody;
  }

  private String describe(@Nullable String problem) {
    return "certificate service " + channel.settings().address() + ": " + problem;
  }
}
