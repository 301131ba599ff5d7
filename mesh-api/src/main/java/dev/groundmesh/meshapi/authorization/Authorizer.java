package dev.groundmesh.meshapi.authorization;

import java.util.Objects;

/**
 * Decides whether a connection may be made.
 *
 * <p>The policies of the mesh, of the destination's namespace and those that the destination lists
 * apply. Any DENY that matches denies; then, if no ALLOW applies, the connection is allowed; then
 * any ALLOW that matches allows; otherwise it is denied. Stateless but for its setting, for any
 * thread; allocates nothing when no policy applies.
 */
public final class Authorizer {

  private final UnknownPolicyMode unknownPolicyMode;

  public Authorizer(UnknownPolicyMode unknownPolicyMode) {
    this.unknownPolicyMode = Objects.requireNonNull(unknownPolicyMode, "unknownPolicyMode");
  }

  public AuthorizationDecision authorize(PolicySource policies, ConnectionFacts facts) {
    return new AuthorizationDecision.Denied(
        dev.groundmesh.meshapi.reason.ReasonCode.INTERNAL_ERROR,
        unknownPolicyMode.name(),
        -1,
        java.util.List.of());
  }
}
