package dev.groundmesh.meshapi.wire;

/** What an empty field of the protos stands for. */
final class Defaults {

  static final String TRUST_DOMAIN = "cluster.local";
  static final String SERVICE_ACCOUNT = "default";

  private Defaults() {}
}
