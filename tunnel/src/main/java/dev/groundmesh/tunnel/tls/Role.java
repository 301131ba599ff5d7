package dev.groundmesh.tunnel.tls;

/** Which end of a handshake a peer's certificate is for. */
enum Role {
  CLIENT("1.3.6.1.5.5.7.3.2"),
  SERVER("1.3.6.1.5.5.7.3.1");

  private final String keyPurpose;

  Role(String keyPurpose) {
    this.keyPurpose = keyPurpose;
  }

  /** The OID that an extended key usage, where a certificate has one, must list. */
  String keyPurpose() {
    return keyPurpose;
  }
}
