package dev.groundmesh.meshapi.authorization;

import dev.groundmesh.meshapi.authorization.AuthorizationDecision.Allowed;
import java.util.Objects;

/**
 * Decides whether a connection may be made.
 *
 * <p>The policies of the mesh, of the destination's namespace and those that the destination lists
 * apply. Any DENY that matches denies; then, if no ALLOW applies, the connection is allowed; then
 * any ALLOW that matches allows; otherwise it is denied. Policies in dry run only leave a note.
 * Stateless but for its setting, for any thread.
 */
public final class Authorizer {

  private final UnknownPolicyMode unknownPolicyMode;

  /** Makes an authorizer that treats policies which are listed but not known as the mode says. */
  public Authorizer(UnknownPolicyMode unknownPolicyMode) {
    this.unknownPolicyMode = Objects.requireNonNull(unknownPolicyMode, "unknownPolicyMode");
  }

  /**
   * Decides about one connection.
   *
   * @param policies the policies in force, usually a snapshot
   */
  public AuthorizationDecision authorize(PolicySource policies, ConnectionFacts facts) {
    var global = policies.globalPolicies();
    var namespace = policies.namespacePolicies(facts.destination().namespace());
    var listed = facts.destination().authorizationPolicies();
    if (global.isEmpty() && namespace.isEmpty() && listed.isEmpty()) {
      return Allowed.WITHOUT_POLICY;
    }
    Evaluation evaluation = new Evaluation(facts);
    for (int i = 0; i < global.size(); i++) {
      evaluation.add(global.get(i));
    }
    for (int i = 0; i < namespace.size(); i++) {
      evaluation.add(namespace.get(i));
    }
    for (int i = 0; i < listed.size(); i++) {
      CompiledPolicy policy = policies.policy(listed.get(i));
      if (policy != null) {
        evaluation.add(policy);
      } else if (unknownPolicyMode == UnknownPolicyMode.DENY
          && !policies.isWithdrawn(listed.get(i))) {
        evaluation.addUnknown(listed.get(i));
      }
    }
    return evaluation.decide();
  }
}
