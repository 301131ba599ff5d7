package dev.groundmesh.meshapi.model;

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
}
