package dev.groundmesh.controller.ca;

import com.google.protobuf.Value;
import dev.groundmesh.controller.auth.AuthenticationException;
import dev.groundmesh.controller.auth.CallAuthenticator;
import dev.groundmesh.controller.auth.Caller;
import dev.groundmesh.controller.auth.NodeAuthorizer;
import dev.groundmesh.controller.ca.CertificateAuthority.RefusedException;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.controller.metrics.MetricRegistry.Counter;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateRequest;
import dev.groundmesh.meshapi.proto.certificate.IstioCertificateResponse;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate service, wire compatible with Istio's.
 *
 * <p>The caller is authenticated before its request is read. Signing runs on threads of its own;
 * when more requests wait than can be signed in a second or so, further ones are refused with
 * {@code RESOURCE_EXHAUSTED}, for clients to come back later. A refusal for want of authority is
 * {@code UNAUTHENTICATED} and says no more. Another replica may have told an agent of a pod that
 * this one has not heard of yet: a request that only a pod is wanting for waits for it up to 2 s.
 */
public final class CertificateService implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CertificateService.class);

  /** Agents give a certificate service that does not answer 3 s. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  private final CertificateAuthority authority;
  private final CallAuthenticator authenticator;
  private final NodeAuthorizer nodes;
  private final MetricRegistry metrics;
  private final ThreadPoolExecutor signers;
  private final Semaphore early;

  private final Counter requests;
  private final Counter authenticationFailures;
  private final Counter parsingErrors;
  private final Counter successes;

  /**
   * A service that is not yet served.
   *
   * @param signerThreads threads that sign
   * @param maxWaiting requests that may wait for one of them, and as many for their pod
   */
  public CertificateService(
      CertificateAuthority authority,
      CallAuthenticator authenticator,
      NodeAuthorizer nodes,
      MetricRegistry metrics,
      int signerThreads,
      int maxWaiting) {
    this.authority = authority;
    this.authenticator = authenticator;
    this.nodes = nodes;
    this.metrics = metrics;
    this.signers =
        new ThreadPoolExecutor(
            signerThreads,
            signerThreads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxWaiting),
            Thread.ofPlatform().name("ca-signer-", 0).daemon().factory());
    this.early = new Semaphore(maxWaiting);
    this.requests =
        metrics.counter(
            "citadel_server_csr_count", "The number of CSRs received by Citadel server.");
    this.authenticationFailures =
        metrics.counter(
            "citadel_server_authentication_failure_count",
            "The number of authentication failures.");
    this.parsingErrors =
        metrics.counter(
            "citadel_server_csr_parsing_err_count",
            "The number of errors occurred when parsing the CSR.");
    this.successes =
        metrics.counter(
            "citadel_server_success_cert_issuance_count",
            "The number of certificates issuances that have succeeded.");
    metrics.gauge(
        "citadel_server_root_cert_expiry_timestamp",
        "The unix timestamp, in seconds, when the root cert will expire.",
        this::rootExpiry);
    metrics.gauge(
        "citadel_server_root_cert_expiry_seconds",
        "The time remaining, in seconds, before the root cert will expire. A negative value"
            + " indicates the cert is expired.",
        () -> rootExpiry() - System.currentTimeMillis() / 1000);
    metrics.gauge(
        "groundmesh_ca_in_order",
        "1 while all that the certificate authority is made of can be used.",
        () -> authority.problem().isEmpty() ? 1 : 0);
  }

  private long rootExpiry() {
    return authority.isReady()
        ? authority.roots().getFirst().getNotAfter().toInstant().getEpochSecond()
        : 0;
  }

  /** For the gRPC server that serves this. */
  public static ServerStreamTracer.Factory tracer() {
    return RequestLimit.FACTORY;
  }

  /** What the gRPC server serves. */
  public ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder(ControlPlaneMethods.CERTIFICATE_SERVICE)
        .addMethod(ControlPlaneMethods.CREATE_CERTIFICATE, this::start)
        .build();
  }

  private ServerCall.Listener<IstioCertificateRequest> start(
      ServerCall<IstioCertificateRequest, IstioCertificateResponse> call, Metadata headers) {
    requests.increment();
    return authenticator.admit(
        call,
        headers,
        "request authenticate failure",
        authenticationFailures::increment,
        (caller, peer) ->
            ServerCalls.asyncUnaryCall(
                    (IstioCertificateRequest request,
                        StreamObserver<IstioCertificateResponse> response) ->
                        receive(caller, peer, request, response))
                .startCall(call, headers));
  }

  /**
   * A request of a caller who is known.
   *
   * @param untilNanos how long it may wait for its pod
   */
  private record Asked(
      Caller caller,
      String peer,
      IstioCertificateRequest request,
      ServerCallStreamObserver<IstioCertificateResponse> response,
      long untilNanos) {}

  private void receive(
      Caller caller,
      String peer,
      IstioCertificateRequest request,
      StreamObserver<IstioCertificateResponse> response) {
    submit(
        new Asked(
            caller,
            peer,
            request,
            (ServerCallStreamObserver<IstioCertificateResponse>) response,
            System.nanoTime() + PATIENCE.toNanos()));
  }

  private void submit(Asked asked) {
    try {
      signers.execute(() -> handle(asked));
    } catch (RejectedExecutionException e) {
      signError("OVERLOAD");
      asked
          .response()
          .onError(
              Status.RESOURCE_EXHAUSTED
                  .withDescription("too many certificate requests, come back later")
                  .asRuntimeException());
    }
  }

  /** Lets the request wait for what another replica may know already; whether it may. */
  private boolean postpone(Asked asked, AuthenticationException refusal) {
    boolean passes =
        switch (refusal.reason()) {
          case STALE, NOT_ON_NODE -> true;
          case MISSING,
              MALFORMED,
              FORGED,
              EXPIRED,
              AUDIENCE,
              ISSUER,
              NOT_TRUSTED,
              NOT_OF_MESH,
              UNDECIDED ->
              false;
        };
    if (!passes || System.nanoTime() - asked.untilNanos() >= 0 || !early.tryAcquire()) {
      return false;
    }
    CompletableFuture.delayedExecutor(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS, Runnable::run)
        .execute(
            () -> {
              early.release();
              submit(asked);
            });
    return true;
  }

  private void handle(Asked asked) {
    if (asked.response().isCancelled()) {
      return;
    }
    Caller caller = asked.caller();
    String peer = asked.peer();
    IstioCertificateRequest request = asked.request();
    StreamObserver<IstioCertificateResponse> response = asked.response();
    try {
      SpiffeId identity = identity(caller, request);
      response.onNext(
          IstioCertificateResponse.newBuilder()
              .addAllCertChain(authority.sign(request.getCsr(), identity, lifetime(request)))
              .build());
      response.onCompleted();
      successes.increment();
      log.debug("signed for {}, asked by {} of {}", identity, caller.account(), peer);
    } catch (AuthenticationException e) {
      if (postpone(asked, e)) {
        return;
      }
      authenticationFailures.increment();
      authenticator.refused(e, peer, "certificate for " + caller.account());
      response.onError(
          Status.UNAUTHENTICATED
              .withDescription("request impersonation authentication failure")
              .asRuntimeException());
    } catch (RefusedException e) {
      if (e.isCallersFault()) {
        parsingErrors.increment();
        log.warn("certificate request of {} at {}: {}", caller.account(), peer, e.getMessage());
        response.onError(
            Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
      } else {
        signError("CERT_GEN_ERROR");
        log.error("cannot sign for {} at {}: {}", caller.account(), peer, e.getMessage());
        response.onError(
            (authority.isReady() ? Status.INTERNAL : Status.UNAVAILABLE)
                .withDescription("the certificate authority cannot sign")
                .asRuntimeException());
      }
    } catch (RuntimeException e) {
      signError("INTERNAL");
      log.error("certificate request of {} at {}", caller.account(), peer, e);
      response.onError(Status.INTERNAL.asRuntimeException());
    }
  }

  private SpiffeId identity(Caller caller, IstioCertificateRequest request)
      throws AuthenticationException {
    Value impersonated =
        request.getMetadata().getFieldsMap().get(ControlPlaneMethods.IMPERSONATED_IDENTITY);
    return impersonated == null || isEmptyText(impersonated)
        ? nodes.ownIdentity(caller)
        : nodes.authorize(caller, impersonated.getStringValue());
  }

  /** As Istio: the same as none. What is no text names nobody, and is not taken for the caller. */
  private static boolean isEmptyText(Value value) {
    return value.hasStringValue() && value.getStringValue().isEmpty();
  }

  private static Duration lifetime(IstioCertificateRequest request) {
    // Beyond any lifetime allowed, but within what a Duration can count with.
    return Duration.ofSeconds(Math.min(request.getValidityDuration(), Integer.MAX_VALUE));
  }

  private void signError(String error) {
    metrics
        .counter(
            "citadel_server_csr_sign_err_count",
            "The number of errors occurred when signing the CSR.",
            "error",
            error)
        .increment();
  }

  @Override
  public void close() {
    signers.shutdown();
  }
}
