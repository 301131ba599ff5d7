package dev.groundmesh.controller.auth;

import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Authenticates gRPC calls by the bearer token in their metadata, before anything else of theirs is
 * read. What went wrong is logged and counted here; the caller is told only that it failed. No
 * thread waits while a token is looked into.
 */
public final class CallAuthenticator {

  private static final Logger log = LoggerFactory.getLogger(CallAuthenticator.class);
  private static final String SCHEME = "Bearer ";

  private final TokenAuthenticator tokens;
  private final MetricRegistry metrics;

  public CallAuthenticator(TokenAuthenticator tokens, MetricRegistry metrics) {
    this.tokens = tokens;
    this.metrics = metrics;
  }

  /** Goes on with a call whose caller is known; any thread. */
  @FunctionalInterface
  public interface Admitted<Q> {

    /**
     * Starts the call.
     *
     * @param peer the other end's address, for the log
     */
    ServerCall.Listener<Q> start(Caller caller, String peer);
  }

  /**
   * Lets a call in, or closes it.
   *
   * @param refusal what a caller is told that is not who it must be
   * @param onRefused told as well
   */
  public <Q, R> ServerCall.Listener<Q> admit(
      ServerCall<Q, R> call,
      Metadata headers,
      String refusal,
      Runnable onRefused,
      Admitted<Q> admitted) {
    String peer = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    PendingListener<Q> listener = new PendingListener<>();
    TokenAuthenticator.Answer answer =
        new TokenAuthenticator.Answer() {
          @Override
          public void known(Caller caller) {
            listener.goOn(
                () -> {
                  try {
                    return admitted.start(caller, peer);
                  } catch (RuntimeException e) {
                    log.error("call of {}", peer, e);
                    call.close(Status.INTERNAL, new Metadata());
                    return new ServerCall.Listener<>() {};
                  }
                });
          }

          @Override
          public void refused(AuthenticationException reason) {
            CallAuthenticator.this.refused(reason, peer, "call");
            onRefused.run();
            listener.goOn(
                () -> {
                  call.close(status(reason, refusal), new Metadata());
                  return new ServerCall.Listener<>() {};
                });
          }
        };
    String value = headers.get(ControlPlaneMethods.AUTHORIZATION);
    if (value == null || !value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      answer.refused(new AuthenticationException(Reason.MISSING, "no bearer token"));
    } else {
      tokens.authenticate(value.substring(SCHEME.length()).strip(), answer);
    }
    return listener;
  }

  /** What a refused caller is told. */
  public static Status status(AuthenticationException reason, String refusal) {
    return reason.reason() == Reason.UNDECIDED
        ? Status.UNAVAILABLE.withDescription("callers cannot be authenticated at present")
        : Status.UNAUTHENTICATED.withDescription(refusal);
  }

  /** Logs and counts a refusal, of whatever was refused. */
  public void refused(AuthenticationException refusal, String peer, String what) {
    metrics
        .counter(
            "groundmesh_authentication_failures_total",
            "Calls that were refused, by reason.",
            "reason",
            refusal.reason().label())
        .increment();
    log.warn(
        "{} of {} refused: {} ({})", what, peer, refusal.getMessage(), refusal.reason().label());
  }

  /** Keeps what happens to a call until someone takes it. */
  private static final class PendingListener<Q> extends ServerCall.Listener<Q> {

    private final List<Consumer<ServerCall.Listener<Q>>> pending = new ArrayList<>();
    private volatile ServerCall.@Nullable Listener<Q> taker;
    private boolean cancelled;

    @FunctionalInterface
    interface Start<Q> {
      ServerCall.Listener<Q> start();
    }

    /** Starts the call, unless it ended meanwhile, and brings it what happened. */
    void goOn(Start<Q> start) {
      synchronized (pending) {
        if (cancelled) {
          return;
        }
        ServerCall.Listener<Q> next = start.start();
        // The call's other thread waits for the lock until all that came before is told.
        pending.forEach(event -> event.accept(next));
        pending.clear();
        taker = next;
      }
    }

    private void event(Consumer<ServerCall.Listener<Q>> event) {
      ServerCall.Listener<Q> next = taker;
      if (next == null) {
        synchronized (pending) {
          next = taker;
          if (next == null) {
            pending.add(event);
            return;
          }
        }
      }
      event.accept(next);
    }

    @Override
    public void onMessage(Q message) {
      event(next -> next.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      event(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onReady() {
      event(ServerCall.Listener::onReady);
    }

    @Override
    public void onComplete() {
      event(ServerCall.Listener::onComplete);
    }

    @Override
    public void onCancel() {
      ServerCall.Listener<Q> next = taker;
      if (next == null) {
        synchronized (pending) {
          next = taker;
          if (next == null) {
            cancelled = true;
            pending.clear();
            return;
          }
        }
      }
      next.onCancel();
    }
  }
}
