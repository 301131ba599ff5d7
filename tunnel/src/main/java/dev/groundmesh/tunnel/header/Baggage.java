package dev.groundmesh.tunnel.header;

import org.jspecify.annotations.Nullable;

/**
 * What a workload says of itself in the {@code baggage} header; nothing in it is proven. Values
 * that are absent or empty on the wire are null.
 *
 * @param cluster {@code k8s.cluster.name}
 * @param namespace {@code k8s.namespace.name}
 * @param workloadType deployment, cronjob, pod or job: the {@code <type>} of {@code
 *     k8s.<type>.name}
 * @param workloadName the value of {@code k8s.<type>.name}
 * @param serviceName {@code service.name}, the canonical service
 * @param serviceVersion {@code service.version}, the canonical revision
 * @param region {@code cloud.region}
 * @param zone {@code cloud.availability_zone}
 */
public record Baggage(
    @Nullable String cluster,
    @Nullable String namespace,
    @Nullable String workloadType,
    @Nullable String workloadName,
    @Nullable String serviceName,
    @Nullable String serviceVersion,
    @Nullable String region,
    @Nullable String zone) {

  public static final Baggage EMPTY = new Baggage(null, null, null, null, null, null, null, null);

  /**
   * Characters of all {@code baggage} headers of one message together that are read; what follows
   * is ignored.
   */
  public static final int MAX_LENGTH = 8192;

  /**
   * Reads the headers' values. Never fails: entries that are malformed, unknown or beyond the bound
   * are left out.
   *
   * @param values of every {@code baggage} header of the message, in order
   */
  public static Baggage parse(Iterable<? extends CharSequence> values) {
    return BaggageParser.parse(values);
  }

  /** The header's value; empty when nothing is known. */
  public String format() {
    return BaggageParser.format(this);
  }
}
