package dev.groundmesh.tunnel.h2;

/** The error codes of RFC 9113, section 7; the ordinal is the code on the wire. */
public enum H2Error {
  NO_ERROR,
  PROTOCOL_ERROR,
  INTERNAL_ERROR,
  FLOW_CONTROL_ERROR,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
  FRAME_SIZE_ERROR,
  REFUSED_STREAM,
  CANCEL,
  COMPRESSION_ERROR,
  CONNECT_ERROR,
  ENHANCE_YOUR_CALM,
  INADEQUATE_SECURITY,
  HTTP_1_1_REQUIRED;

  private static final H2Error[] CODES = values();

  /** The name of a code on the wire, or its number where it has none. */
  static String describe(long code) {
    return code >= 0 && code < CODES.length ? CODES[(int) code].name() : Long.toString(code);
  }
}
