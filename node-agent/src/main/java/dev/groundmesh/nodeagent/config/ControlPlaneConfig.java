package dev.groundmesh.nodeagent.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the agent reaches the controller and the certificate service.
 *
 * @param xdsAddress {@code https://host:port} of the xDS server ({@code XDS_ADDRESS})
 * @param caAddress {@code https://host:port} of the certificate service ({@code CA_ADDRESS})
 * @param xdsRoot PEM file of the roots that the xDS server is checked with; empty: the system's
 * @param caRoot PEM file of the roots that the certificate service is checked with; empty: the
 *     system's
 * @param xdsHostname the name to check the xDS server's certificate for, where it is not the
 *     address's own
 * @param caHostname as {@code xdsHostname}, for the certificate service
 * @param tokenFile the agent's service account token, read anew for each request
 * @param xdsHeaders more gRPC metadata for xDS ({@code XDS_HEADER_*})
 * @param caHeaders more gRPC metadata for the certificate service ({@code CA_HEADER_*})
 * @param onDemand subscribe to what traffic asks for, not to everything
 * @param metadata the xDS node's own metadata beside the standard keys: text ({@code ISTIO_META_*})
 * @param jsonMetadata as {@code metadata}, with JSON values ({@code ISTIO_METAJSON_*})
 * @param secretTtl lifetime asked for certificates
 */
public record ControlPlaneConfig(
    String xdsAddress,
    String caAddress,
    Optional<Path> xdsRoot,
    Optional<Path> caRoot,
    Optional<String> xdsHostname,
    Optional<String> caHostname,
    Path tokenFile,
    Map<String, String> xdsHeaders,
    Map<String, String> caHeaders,
    boolean onDemand,
    Map<String, String> metadata,
    Map<String, String> jsonMetadata,
    Duration secretTtl) {
  /** Copies the maps. */
  public ControlPlaneConfig {
    xdsHeaders = Map.copyOf(xdsHeaders);
    caHeaders = Map.copyOf(caHeaders);
    metadata = Map.copyOf(metadata);
    jsonMetadata = Map.copyOf(jsonMetadata);
  }
}
