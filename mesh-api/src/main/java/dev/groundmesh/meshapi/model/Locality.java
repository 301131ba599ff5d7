package dev.groundmesh.meshapi.model;

import org.jspecify.annotations.Nullable;

/**
 * Where a workload runs, from its node's {@code topology.kubernetes.io} labels.
 *
 * @param region "" if not known
 * @param zone "" if not known
 * @param subzone "" if not known
 */
public record Locality(String region, String zone, String subzone) {

  /** Nothing is known. */
  public static final Locality UNKNOWN = new Locality("", "", "");

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Locality locality
        && region.equals(locality.region)
        && zone.equals(locality.zone)
        && subzone.equals(locality.subzone);
  }

  @Override
  public int hashCode() {
    return (region.hashCode() * 31 + zone.hashCode()) * 31 + subzone.hashCode();
  }
}
