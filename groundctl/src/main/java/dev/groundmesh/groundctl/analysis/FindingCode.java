package dev.groundmesh.groundctl.analysis;

/**
 * What a finding is about. The name of a constant is what scripts match on: it never changes its
 * meaning and is never reused. {@code docs/analyze.md} has a paragraph on each.
 */
public enum FindingCode {
  // What the controller says of single objects.
  MANIFEST_UNREADABLE(Level.ERROR, "the file, or a document in it, cannot be read"),
  OBJECT_INVALID(Level.ERROR, "the controller rejects the object"),
  FIELD_NOT_UNDERSTOOD(Level.WARNING, "the controller leaves this part out"),
  KIND_WITHOUT_EFFECT(Level.WARNING, "this version of the mesh does not read this kind"),
  REQUEST_AUTHENTICATION_WITHOUT_EFFECT(
      Level.ERROR, "this version of the mesh does not check tokens"),
  POLICY_NOT_ENFORCED(Level.ERROR, "nothing enforces the policy"),
  POLICY_LIMITED_AT_L4(Level.WARNING, "the policy uses attributes that are not seen at L4"),
  POLICY_TARGET_UNBOUND(Level.ERROR, "the policy's target does not lead to a waypoint"),
  HOST_CONFLICT(Level.WARNING, "another object describes the host already"),
  SETTING_INVALID(Level.WARNING, "a label or annotation has a value that is not understood"),
  WAYPOINT_MISSING(Level.ERROR, "the waypoint that is asked for does not exist"),
  WAYPOINT_NOT_READY(Level.ERROR, "the waypoint that is asked for has no address"),
  WAYPOINT_NOT_ATTACHED(Level.ERROR, "the waypoint does not take this object"),

  // What the objects mean together.
  SELECTOR_MATCHES_NOTHING(Level.WARNING, "no workload has the labels"),
  POLICY_OUTSIDE_MESH(Level.WARNING, "workloads that the policy is for are not in the mesh"),
  POLICY_DENIES_ALL(Level.INFO, "the policy refuses every connection in its reach"),
  POLICY_ALLOWS_ALL(Level.INFO, "the policy allows everyone in its reach"),
  POLICY_REACHES_NAMESPACES(Level.INFO, "the policy reaches workloads of several namespaces"),
  POLICY_PORT_IS_SERVICE_PORT(Level.WARNING, "policies see the workload's port, not the Service's"),
  PRINCIPAL_MALFORMED(Level.ERROR, "no identity of the mesh has this form"),
  PRINCIPAL_OF_OTHER_TRUST_DOMAIN(Level.WARNING, "the identity is not of the mesh's trust domain"),
  CLIENT_UNKNOWN(Level.WARNING, "no workload has the identity that the policy names"),
  CLIENT_OUTSIDE_MESH(Level.WARNING, "who the policy names has no identity outside of the mesh"),
  STRICT_PLAINTEXT_CLIENT(Level.WARNING, "STRICT refuses a client that cannot be in the mesh"),
  PORT_WITHOUT_PROTOCOL(Level.INFO, "the port does not say what it speaks"),
  DUPLICATE_ADDRESS(Level.ERROR, "two objects have the same address"),
  LABEL_VALUE_UNKNOWN(Level.ERROR, "the label has a value that means nothing"),
  LABEL_MISSPELT(Level.WARNING, "the label looks like one of the mesh's and is not"),
  NAMESPACE_EXCLUDED(Level.WARNING, "this namespace is never enrolled"),
  SIDECAR_AND_AMBIENT(Level.WARNING, "sidecars and the ambient mesh are both asked for"),
  NETWORK_POLICY_BLOCKS_TUNNEL(Level.ERROR, "a NetworkPolicy lets no tunnel in");

  private final Level level;
  private final String text;

  FindingCode(Level level, String text) {
    this.level = level;
    this.text = text;
  }

  public Level level() {
    return level;
  }

  /** What is found, in one short phrase for people. */
  public String text() {
    return text;
  }
}
