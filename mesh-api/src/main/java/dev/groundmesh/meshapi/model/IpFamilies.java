package dev.groundmesh.meshapi.model;

/** The IP families in which a service serves. */
public enum IpFamilies {
  /** Not restricted. */
  AUTOMATIC,
  IPV4_ONLY,
  IPV6_ONLY,
  DUAL
}
