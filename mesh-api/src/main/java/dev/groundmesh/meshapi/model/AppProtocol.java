package dev.groundmesh.meshapi.model;

/** What a service port's clients speak, as far as the service declares it. */
public enum AppProtocol {
  UNKNOWN,
  HTTP11,
  HTTP2,
  GRPC,
  TCP,
  TLS
}
