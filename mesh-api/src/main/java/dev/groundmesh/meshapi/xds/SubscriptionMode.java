package dev.groundmesh.meshapi.xds;

/** Which resources of a type are asked for. */
public enum SubscriptionMode {
  /** All. */
  WILDCARD,
  /** Those that {@link XdsClient#demand} names, one by one. */
  ON_DEMAND
}
