package dev.groundmesh.meshapi.control;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a service of the control plane is and how its callers prove who they are.
 *
 * @param address {@code https://host:port}; {@code http://host:port} is plain text, for tests and
 *     local use
 * @param serverName the name that the server's certificate must bear; null for the address's host
 * @param rootCertificate the roots that the server's certificate must be of, PEM; null for the
 *     system's roots. Read anew for each connection
 * @param token sent as {@code authorization: Bearer}; null for none. Read anew for each call
 * @param clusterId id of the caller's cluster, in the metadata of each call
 * @param headers more gRPC metadata, by name
 */
public record ControlPlaneSettings(
    URI address,
    @Nullable String serverName,
    @Nullable Path rootCertificate,
    @Nullable Path token,
    String clusterId,
    Map<String, String> headers) {

  /**
   * Checks the address.
   *
   * @throws IllegalArgumentException when it is not of one of the two forms
   */
  public ControlPlaneSettings {
    headers = Map.copyOf(headers);
    boolean known = "https".equals(address.getScheme()) || "http".equals(address.getScheme());
    if (!known || address.getHost() == null || address.getPort() <= 0) {
      throw new IllegalArgumentException(
          "control plane address: "
              + address
              + " (expected: https://host:port or http://host:port)");
    }
  }

  boolean plaintext() {
    return "http".equals(address.getScheme());
  }
}
