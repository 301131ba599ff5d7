package dev.groundmesh.meshapi.model;

/** How a workload takes connections from the mesh. */
public enum TunnelProtocol {
  /** Plain TCP. */
  NONE,
  /** HTTP/2 CONNECT over mutual TLS, on port 15008. */
  HBONE,
  /** Mutual TLS of sidecars, which a node agent does not speak: plain TCP. */
  LEGACY_ISTIO_MTLS,
  /** Not known to this version; connections are refused rather than sent in plain text. */
  UNSUPPORTED
}
