package dev.groundmesh.tunnel.h2;

/** The peer broke a rule that ends the whole connection (RFC 9113, section 5.4.1). */
final class ConnectionFault extends Exception {
  private final H2Error code;

  ConnectionFault(H2Error code, String detail) {
    super(detail, null, false, false);
    this.code = code;
  }

  H2Error code() {
    return code;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
