package dev.groundmesh.meshapi.authorization;

/** What becomes of a connection to a workload that lists a policy which is not known. */
public enum UnknownPolicyMode {
  /** It is denied: what cannot be checked is not allowed. */
  DENY,
  /** The policy is skipped, as Istio's node proxy does. */
  SKIP
}
