package dev.groundmesh.meshapi.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint of a service is chosen.
 *
 * @param routingPreference what an endpoint should share with its client, the most important first
 */
public record LoadBalancing(List<Scope> routingPreference, Mode mode, HealthPolicy healthPolicy) {

  /** Any healthy endpoint. */
  public static final LoadBalancing ANY_HEALTHY =
      new LoadBalancing(List.of(), Mode.UNSPECIFIED, HealthPolicy.ONLY_HEALTHY);

  /** Something that a client and an endpoint may have in common. */
  public enum Scope {
    REGION,
    ZONE,
    SUBZONE,
    NODE,
    CLUSTER,
    NETWORK,
    /**
     * Not known to this version; nothing ever shares it, so that {@link Mode#STRICT} stays strict.
     */
    UNSUPPORTED
  }

  /** What the routing preference means. */
  public enum Mode {
    /** The preference is ignored. */
    UNSPECIFIED,
    /** An endpoint must share every scope. */
    STRICT,
    /** The endpoints that share the longest beginning of the preference are used. */
    FAILOVER,
    /** No endpoint is chosen: the connection goes to the address that the client dialled. */
    PASSTHROUGH
  }

  /** Which endpoints may be used. */
  public enum HealthPolicy {
    ONLY_HEALTHY,
    ALLOW_ALL
  }

  public LoadBalancing {
    routingPreference = List.copyOf(routingPreference);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LoadBalancing balancing
        && routingPreference.equals(balancing.routingPreference)
        && mode == balancing.mode
        && healthPolicy == balancing.healthPolicy;
  }

  @Override
  public int hashCode() {
    return (routingPreference.hashCode() * 31 + mode.hashCode()) * 31 + healthPolicy.hashCode();
  }
}
