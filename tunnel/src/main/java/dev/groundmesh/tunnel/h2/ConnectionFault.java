package dev.groundmesh.tunnel.h2;

import dev.groundmesh.meshapi.reason.ReasonCode;

/** The peer broke a rule that ends the whole connection (RFC 9113, section 5.4.1). */
final class ConnectionFault extends Exception {
  private final H2Error code;
  private final ReasonCode reason;

  ConnectionFault(H2Error code, String detail) {
    this(code, ReasonCode.H2_PROTOCOL_ERROR, detail);
  }

  ConnectionFault(H2Error code, ReasonCode reason, String detail) {
    super(detail, null, false, false);
    this.code = code;
    this.reason = reason;
  }

  H2Error code() {
    return code;
  }

  ReasonCode reason() {
    return reason;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
