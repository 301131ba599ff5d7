package dev.groundmesh.meshapi.reason;

/** The values of the metric label {@code response_flags}, as Istio's dashboards know them. */
public enum ResponseFlag {
  /** The connection was served. */
  NONE("-"),
  /** An authorization policy refused it. */
  DENY("DENY"),
  /** The next hop could not be connected to. */
  CONNECT("CONNECT"),
  /** The TLS handshake failed. */
  TLS_FAILURE("TLS_FAILURE"),
  /** The HTTP/2 connection of the tunnel could not be set up, or broke its rules. */
  H2_HANDSHAKE_FAILURE("H2_HANDSHAKE_FAILURE"),
  /** Something between the nodes seems to drop the tunnel's packets. */
  NETWORK_POLICY("NETWORK_POLICY"),
  /** No certificate could be had for the own identity. */
  IDENTITY_ERROR("IDENTITY_ERROR"),
  /** The peer's certificate is revoked. */
  CERT_REVOKED("CERT_REVOKED");

  private final String label;

  ResponseFlag(String label) {
    this.label = label;
  }

  /** The label's value. */
  public String label() {
    return label;
  }
}
