package dev.groundmesh.controller.auth;

import dev.groundmesh.controller.auth.AuthenticationException.Reason;
import dev.groundmesh.controller.metrics.MetricRegistry;
import dev.groundmesh.meshapi.control.ControlPlaneMethods;
import io.grpc.Metadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Authenticates gRPC calls by the bearer token in their metadata. What went wrong is logged and
 * counted here; the caller is told only that it failed.
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

  /**
   * Who makes the call. May block.
   *
   * @param peer the other end's address, for the log
   */
  public Caller authenticate(Metadata headers, String peer) throws AuthenticationException {
    try {
      String value = headers.get(ControlPlaneMethods.AUTHORIZATION);
      if (value == null || !value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
        throw new AuthenticationException(Reason.MISSING, "no bearer token");
      }
      return tokens.authenticate(value.substring(SCHEME.length()).strip());
    } catch (AuthenticationException e) {
      refused(e, peer, "call");
      throw e;
    }
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
}
