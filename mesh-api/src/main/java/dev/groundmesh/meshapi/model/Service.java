package dev.groundmesh.meshapi.model;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that clients address by a host name or a virtual IP, and that workloads serve.
 *
 * @param key its namespace and host name; identifies it
 * @param name the name of the Kubernetes object
 * @param vips its virtual addresses, one at a time; with {@link #vipRanges} none: a headless
 *     service
 * @param vipRanges ranges of addresses that all belong to it
 * @param subjectAltNames identities that its endpoints may also prove, beside their own
 * @param waypoint the waypoint that its traffic must pass; null if there is none
 * @param weightedWaypoints if not empty, the waypoints that share its traffic, in place of {@link
 *     #waypoint}
 * @param canonical true for a Kubernetes Service, false for one that a ServiceEntry describes
 * @param ingressUseWaypoint whether ingress gateways send through the waypoint as well
 */
public record Service(
    NamespacedHostname key,
    String name,
    List<NetworkAddress> vips,
    List<NetworkRange> vipRanges,
    PortMap ports,
    List<SpiffeId> subjectAltNames,
    @Nullable GatewayAddress waypoint,
    List<WeightedWaypoint> weightedWaypoints,
    LoadBalancing loadBalancing,
    IpFamilies ipFamilies,
    boolean canonical,
    boolean ingressUseWaypoint,
    Visibility visibility) {

  /** Whose clients see a service. */
  public enum Visibility {
    PUBLIC,
    /** Only clients of the service's own namespace. */
    NAMESPACE
  }

  public Service {
    vips = List.copyOf(vips);
    vipRanges = List.copyOf(vipRanges);
    subjectAltNames = List.copyOf(subjectAltNames);
    weightedWaypoints = List.copyOf(weightedWaypoints);
  }

  public String namespace() {
    return key.namespace();
  }

  public String hostname() {
    return key.hostname();
  }

  public boolean isHeadless() {
    return vips.isEmpty() && vipRanges.isEmpty();
  }

  public boolean isVisibleFrom(String clientNamespace) {
    return visibility == Visibility.PUBLIC || key.namespace().equals(clientNamespace);
  }

  /** A service without addresses and ports, to be filled in. */
  public static Builder builder(NamespacedHostname key) {
    return new Builder(key);
  }

  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Collects the parts of a {@link Service}; not thread-safe. */
  public static final class Builder {
    private NamespacedHostname key;
    private String name;
    private List<NetworkAddress> vips = List.of();
    private List<NetworkRange> vipRanges = List.of();
    private PortMap ports = PortMap.EMPTY;
    private List<SpiffeId> subjectAltNames = List.of();
    private @Nullable GatewayAddress waypoint;
    private List<WeightedWaypoint> weightedWaypoints = List.of();
    private LoadBalancing loadBalancing = LoadBalancing.ANY_HEALTHY;
    private IpFamilies ipFamilies = IpFamilies.AUTOMATIC;
    private boolean canonical;
    private boolean ingressUseWaypoint;
    private Visibility visibility = Visibility.PUBLIC;

    private Builder(NamespacedHostname key) {
      this.key = Objects.requireNonNull(key, "key");
      this.name = key.hostname();
    }

    private Builder(Service service) {
      key = service.key;
      name = service.name;
      vips = service.vips;
      vipRanges = service.vipRanges;
      ports = service.ports;
      subjectAltNames = service.subjectAltNames;
      waypoint = service.waypoint;
      weightedWaypoints = service.weightedWaypoints;
      loadBalancing = service.loadBalancing;
      ipFamilies = service.ipFamilies;
      canonical = service.canonical;
      ingressUseWaypoint = service.ingressUseWaypoint;
      visibility = service.visibility;
    }

    public Builder name(String value) {
      name = value;
      return this;
    }

    public Builder vips(List<NetworkAddress> value) {
      vips = value;
      return this;
    }

    public Builder vipRanges(List<NetworkRange> value) {
      vipRanges = value;
      return this;
    }

    public Builder ports(PortMap value) {
      ports = value;
      return this;
    }

    public Builder subjectAltNames(List<SpiffeId> value) {
      subjectAltNames = value;
      return this;
    }

    public Builder waypoint(@Nullable GatewayAddress value) {
      waypoint = value;
      return this;
    }

    public Builder weightedWaypoints(List<WeightedWaypoint> value) {
      weightedWaypoints = value;
      return this;
    }

    public Builder loadBalancing(LoadBalancing value) {
      loadBalancing = value;
      return this;
    }

    public Builder ipFamilies(IpFamilies value) {
      ipFamilies = value;
      return this;
    }

    public Builder canonical(boolean value) {
      canonical = value;
      return this;
    }

    public Builder ingressUseWaypoint(boolean value) {
      ingressUseWaypoint = value;
      return this;
    }

    public Builder visibility(Visibility value) {
      visibility = value;
      return this;
    }

    public Service build() {
      return new Service(
          key,
          name,
          vips,
          vipRanges,
          ports,
          subjectAltNames,
          waypoint,
          weightedWaypoints,
          loadBalancing,
          ipFamilies,
          canonical,
          ingressUseWaypoint,
          visibility);
    }
  }
}
