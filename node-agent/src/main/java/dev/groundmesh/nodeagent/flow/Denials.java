package dev.groundmesh.nodeagent.flow;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision;

/** What is said of a denial. */
public final class Denials {
  private Denials() {}

  /** Which policy decided. */
  public static String describe(AuthorizationDecision.Denied denied) {
    String policy = denied.policy();
    return policy == null ? denied.reason().text() : "policy " + policy;
  }
}
