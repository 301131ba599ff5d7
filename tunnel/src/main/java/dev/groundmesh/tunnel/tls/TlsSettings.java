package dev.groundmesh.tunnel.tls;

import java.time.Duration;

/**
 * How workloads talk TLS to each other. TLS 1.3 with AES-GCM and ALPN {@code h2} is not a setting.
 *
 * @param postQuantumOnly accept no key exchange but X25519MLKEM768, which is preferred in any case
 * @param handshakeTimeout how long a handshake may take, from the first byte on; longer ones are
 *     cut
 */
public record TlsSettings(boolean postQuantumOnly, Duration handshakeTimeout) {

  public static final TlsSettings DEFAULT = new TlsSettings(false, Duration.ofSeconds(10));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException when the time-out is not positive
   */
  public TlsSettings {
    if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
      throw new IllegalArgumentException(
          "handshakeTimeout: " + handshakeTimeout + " (expected: more than 0)");
    }
  }
}
