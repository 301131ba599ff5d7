package dev.groundmesh.tunnel.tls;

/** How far an identity's certificate is. */
public enum CertificateState {
  /** None yet; the first request is queued or under way. */
  INITIALIZING,
  /** A valid one is in use, even while a renewal fails. */
  AVAILABLE,
  /** None: the requests fail, or the last certificate ran out. */
  UNAVAILABLE
}
