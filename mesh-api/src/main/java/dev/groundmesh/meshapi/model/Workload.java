package dev.groundmesh.meshapi.model;

import dev.groundmesh.meshapi.identity.SpiffeId;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One instance of an application: a pod, or a machine outside the cluster. Also waypoints and
 * gateways.
 *
 * <p>A workload is known whether it is enrolled in the mesh or not; {@link #tunnelProtocol} says
 * how it is reached.
 *
 * @param uid identifies it, for example {@code Kubernetes//Pod/shop/web-0}
 * @param name the pod's name
 * @param identity who it is; its namespace is the workload's
 * @param addresses its addresses on {@link #network}; none if {@link #hostname} is to be resolved,
 *     or if it is only reached through {@link #networkGateway}
 * @param hostname the host name to resolve when there is no address; "" if there is none
 * @param network the network of its addresses, "" for the default network
 * @param nativeTunnel whether the application speaks HBONE itself
 * @param waypoint the waypoint that traffic to its addresses must pass; null if there is none
 * @param networkGateway the gateway that leads to its network; null if there is none
 * @param node the node that it runs on, "" if not known
 * @param canonicalName telemetry: the canonical service
 * @param canonicalRevision telemetry: the canonical revision
 * @param workloadType telemetry
 * @param workloadName telemetry: the object that made it
 * @param capacity its share of a service's connections relative to other endpoints', 0 to
 *     4294967295
 * @param services the services that it is an endpoint of
 * @param authorizationPolicies keys ({@code <namespace>/<name>}) of the policies that select it;
 *     policies of its namespace and of the mesh apply without being listed
 * @param applicationTunnel how its inbound HBONE connections are handed over; null for as they are
 */
public record Workload(
    String uid,
    String name,
    SpiffeId identity,
    List<IpAddress> addresses,
    String hostname,
    String network,
    TunnelProtocol tunnelProtocol,
    boolean nativeTunnel,
    @Nullable GatewayAddress waypoint,
    @Nullable GatewayAddress networkGateway,
    String node,
    String clusterId,
    Locality locality,
    String canonicalName,
    String canonicalRevision,
    WorkloadType workloadType,
    String workloadName,
    WorkloadStatus status,
    NetworkMode networkMode,
    long capacity,
    List<ServiceMembership> services,
    List<String> authorizationPolicies,
    @Nullable ApplicationTunnel applicationTunnel) {

  public Workload {
    if (uid.isEmpty()) {
      throw new IllegalArgumentException("uid: (empty) (expected: the workload's unique id)");
    }
    if (capacity < 0 || capacity > 0xffff_ffffL) {
      throw new IllegalArgumentException("capacity: " + capacity + " (expected: 0 to 4294967295)");
    }
    addresses = List.copyOf(addresses);
    services = List.copyOf(services);
    authorizationPolicies = List.copyOf(authorizationPolicies);
  }

  public String namespace() {
    return identity.namespace();
  }

  public boolean isHealthy() {
    return status == WorkloadStatus.HEALTHY;
  }

  /** True if one of its addresses is {@code address}; says nothing of the network. */
  public boolean hasAddress(IpAddress address) {
    for (IpAddress own : addresses) {
      if (own.equals(address)) {
        return true;
      }
    }
    return false;
  }

  /** The ports on which it serves {@code service}, or null if it is no endpoint of it. */
  public @Nullable PortMap portsFor(NamespacedHostname service) {
    for (ServiceMembership membership : services) {
      if (membership.service().equals(service)) {
        return membership.ports();
      }
    }
    return null;
  }

  /** A healthy workload without an address, to be filled in. */
  public static Builder builder(String uid, SpiffeId identity) {
    return new Builder(uid, identity);
  }

  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Collects the parts of a {@link Workload}; not thread-safe. */
  public static final class Builder {
    private final String uid;
    private String name = "";
    private final SpiffeId identity;
    private List<IpAddress> addresses = List.of();
    private String hostname = "";
    private String network = "";
    private TunnelProtocol tunnelProtocol = TunnelProtocol.NONE;
    private boolean nativeTunnel = false;
    private @Nullable GatewayAddress waypoint;
    private @Nullable GatewayAddress networkGateway;
    private String node = "";
    private String clusterId = "";
    private Locality locality = Locality.UNKNOWN;
    private String canonicalName = "";
    private String canonicalRevision = "";
    private WorkloadType workloadType = WorkloadType.POD;
    private String workloadName = "";
    private WorkloadStatus status = WorkloadStatus.HEALTHY;
    private NetworkMode networkMode = NetworkMode.STANDARD;
    private long capacity = 1;
    private List<ServiceMembership> services = List.of();
    private List<String> authorizationPolicies = List.of();
    private @Nullable ApplicationTunnel applicationTunnel;

    private Builder(String uid, SpiffeId identity) {
      this.uid = Objects.requireNonNull(uid, "uid");
      this.identity = Objects.requireNonNull(identity, "identity");
    }

    private Builder(Workload workload) {
      uid = workload.uid;
      name = workload.name;
      identity = workload.identity;
      addresses = workload.addresses;
      hostname = workload.hostname;
      network = workload.network;
      tunnelProtocol = workload.tunnelProtocol;
      nativeTunnel = workload.nativeTunnel;
      waypoint = workload.waypoint;
      networkGateway = workload.networkGateway;
      node = workload.node;
      clusterId = workload.clusterId;
      locality = workload.locality;
      canonicalName = workload.canonicalName;
      canonicalRevision = workload.canonicalRevision;
      workloadType = workload.workloadType;
      workloadName = workload.workloadName;
      status = workload.status;
      networkMode = workload.networkMode;
      capacity = workload.capacity;
      services = workload.services;
      authorizationPolicies = workload.authorizationPolicies;
      applicationTunnel = workload.applicationTunnel;
    }

    public Builder name(String value) {
      name = value;
      return this;
    }

    public Builder addresses(List<IpAddress> value) {
      addresses = value;
      return this;
    }

    public Builder hostname(String value) {
      hostname = value;
      return this;
    }

    public Builder network(String value) {
      network = value;
      return this;
    }

    public Builder tunnelProtocol(TunnelProtocol value) {
      tunnelProtocol = value;
      return this;
    }

    public Builder nativeTunnel(boolean value) {
      nativeTunnel = value;
      return this;
    }

    public Builder waypoint(@Nullable GatewayAddress value) {
      waypoint = value;
      return this;
    }

    public Builder networkGateway(@Nullable GatewayAddress value) {
      networkGateway = value;
      return this;
    }

    public Builder node(String value) {
      node = value;
      return this;
    }

    public Builder clusterId(String value) {
      clusterId = value;
      return this;
    }

    public Builder locality(Locality value) {
      locality = value;
      return this;
    }

    public Builder canonicalName(String value) {
      canonicalName = value;
      return this;
    }

    public Builder canonicalRevision(String value) {
      canonicalRevision = value;
      return this;
    }

    public Builder workloadType(WorkloadType value) {
      workloadType = value;
      return this;
    }

    public Builder workloadName(String value) {
      workloadName = value;
      return this;
    }

    public Builder status(WorkloadStatus value) {
      status = value;
      return this;
    }

    public Builder networkMode(NetworkMode value) {
      networkMode = value;
      return this;
    }

    public Builder capacity(long value) {
      capacity = value;
      return this;
    }

    public Builder services(List<ServiceMembership> value) {
      services = value;
      return this;
    }

    public Builder authorizationPolicies(List<String> value) {
      authorizationPolicies = value;
      return this;
    }

    public Builder applicationTunnel(@Nullable ApplicationTunnel value) {
      applicationTunnel = value;
      return this;
    }

    public Workload build() {
      return new Workload(
          uid,
          name,
          identity,
          addresses,
          hostname,
          network,
          tunnelProtocol,
          nativeTunnel,
          waypoint,
          networkGateway,
          node,
          clusterId,
          locality,
          canonicalName,
          canonicalRevision,
          workloadType,
          workloadName,
          status,
          networkMode,
          capacity,
          services,
          authorizationPolicies,
          applicationTunnel);
    }
  }
}
