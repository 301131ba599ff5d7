package dev.groundmesh.tunnel.tls;

/**
 * How workloads talk TLS to each other. TLS 1.3 with AES-GCM and ALPN {@code h2} is not a setting.
 *
 * @param postQuantumOnly accept no key exchange but X25519MLKEM768, which is preferred in any case
 */
public record TlsSettings(boolean postQuantumOnly) {

  public static final TlsSettings DEFAULT = new TlsSettings(false);
}
