package dev.groundmesh.controller.auth;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A caller that is not who it must be. The message is for our log; callers are told nothing of it.
 */
public final class AuthenticationException extends Exception {

  /** Stable, used as a metric label. */
  public enum Reason {
    /** No bearer token came with the call. */
    MISSING,
    /** The token is no token of ours: its form, algorithm or key. */
    MALFORMED,
    /** The signature does not fit. */
    FORGED,
    /** Expired, or not valid yet. */
    EXPIRED,
    /** Made for someone else. */
    AUDIENCE,
    /** Made by someone else. */
    ISSUER,
    /** A valid token of an account that may not speak for others. */
    NOT_TRUSTED,
    /** The pod or node that the token is bound to is gone, or is another one by now. */
    STALE,
    /** The identity asked for does not run on the caller's node. */
    NOT_ON_NODE,
    /**
     * The identity asked for is none of this mesh: no SPIFFE id, or one of another trust domain.
     */
    NOT_OF_MESH,
    /** It cannot be told at present; the caller may come back later. */
    UNDECIDED;

    /** As in metrics and logs. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  public AuthenticationException(Reason reason, String message) {
    this(reason, message, null);
  }

  public AuthenticationException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
