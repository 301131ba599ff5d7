package dev.groundmesh.meshapi.xds;

/**
 * Why a stream ended: the label {@code reason} of {@code istio_xds_connection_terminations_total}.
 */
public enum StreamEnd {
  /** The control plane could not be reached. */
  CONNECTION_ERROR("ConnectionError"),
  /** It refused or broke the stream. */
  ERROR("Error"),
  /** It asked to connect anew, as it does now and then. */
  RECONNECT("Reconnect"),
  /** It ended the stream in order. */
  COMPLETE("Complete");

  private final String label;

  StreamEnd(String label) {
    this.label = label;
  }

  /** The label's value. */
  public String label() {
    return label;
  }
}
