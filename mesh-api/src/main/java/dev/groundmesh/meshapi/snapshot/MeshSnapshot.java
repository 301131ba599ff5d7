package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.authorization.CompiledPolicy;
import dev.groundmesh.meshapi.authorization.PolicySource;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of the mesh at one moment. Immutable, for any thread; made by {@link
 * MeshStore}.
 */
public final class MeshSnapshot implements PolicySource {

  /** Nothing is known. */
  public static final MeshSnapshot EMPTY =
      new MeshSnapshot(
          0,
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          List.of(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          List.of(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty(),
          PersistentMap.empty());

  /** A range of addresses and the service that it belongs to. */
  record ServiceRange(NetworkRange range, Service service) {}

  final long version;
  final PersistentMap<String, Update<Workload>> workloads;

  /** By network, then address; the first is the one that is meant. */
  final PersistentMap<String, PersistentMap<IpAddress, List<Workload>>> workloadsByAddress;

  final PersistentMap<NamespacedHostname, List<Workload>> workloadsByHostname;
  final PersistentMap<NamespacedHostname, Update<Service>> services;
  final PersistentMap<NamespacedHostname, ServiceEndpoints> endpoints;

  /** By network, then VIP; the first seen first. */
  final PersistentMap<String, PersistentMap<IpAddress, List<Service>>> servicesByVip;

  final List<ServiceRange> serviceRanges;
  final PersistentMap<String, List<Service>> servicesByHostname;
  final PersistentMap<String, Update<CompiledPolicy>> policies;
  final List<CompiledPolicy> globalPolicies;
  final PersistentMap<String, List<CompiledPolicy>> policiesByNamespace;

  /** Keys of policies that were taken back while workloads listed them. */
  final PersistentMap<String, Boolean> withdrawnPolicies;

  final PersistentMap<String, Update<PodEnrolment>> enrolments;
  final PersistentMap<String, Update<NamespaceEnrolment>> namespaces;

  MeshSnapshot(
      long version,
      PersistentMap<String, Update<Workload>> workloads,
      PersistentMap<String, PersistentMap<IpAddress, List<Workload>>> workloadsByAddress,
      PersistentMap<NamespacedHostname, List<Workload>> workloadsByHostname,
      PersistentMap<NamespacedHostname, Update<Service>> services,
      PersistentMap<NamespacedHostname, ServiceEndpoints> endpoints,
      PersistentMap<String, PersistentMap<IpAddress, List<Service>>> servicesByVip,
      List<ServiceRange> serviceRanges,
      PersistentMap<String, List<Service>> servicesByHostname,
      PersistentMap<String, Update<CompiledPolicy>> policies,
      List<CompiledPolicy> globalPolicies,
      PersistentMap<String, List<CompiledPolicy>> policiesByNamespace,
      PersistentMap<String, Boolean> withdrawnPolicies,
      PersistentMap<String, Update<PodEnrolment>> enrolments,
      PersistentMap<String, Update<NamespaceEnrolment>> namespaces) {
    this.version = version;
    this.workloads = workloads;
    this.workloadsByAddress = workloadsByAddress;
    this.workloadsByHostname = workloadsByHostname;
    this.services = services;
    this.endpoints = endpoints;
    this.servicesByVip = servicesByVip;
    this.serviceRanges = serviceRanges;
    this.servicesByHostname = servicesByHostname;
    this.policies = policies;
    this.globalPolicies = globalPolicies;
    this.policiesByNamespace = policiesByNamespace;
    this.withdrawnPolicies = withdrawnPolicies;
    this.enrolments = enrolments;
    this.namespaces = namespaces;
  }

  /** Grows by one with each change; 0 for {@link #EMPTY}. */
  public long version() {
    return version;
  }

  /** The workload with this uid, whatever its network mode and health. */
  public @Nullable Workload workload(String uid) {
    Update<Workload> found = workloads.get(uid);
    return found == null ? null : found.resource();
  }

  /**
   * The workload that has {@code address} for itself on {@code network}; never one with its host's
   * address. Where several claim the address: a pod before others, then one that speaks HBONE, then
   * the last that came.
   */
  public @Nullable Workload workloadAt(String network, IpAddress address) {
    PersistentMap<IpAddress, List<Workload>> ofNetwork = workloadsByAddress.get(network);
    List<Workload> found = ofNetwork == null ? null : ofNetwork.get(address);
    return found == null ? null : found.getFirst();
  }

  /** The workload of a namespace that is known by a host name of its own. */
  public @Nullable Workload workloadByHostname(NamespacedHostname name) {
    List<Workload> found = workloadsByHostname.get(name);
    return found == null ? null : found.getFirst();
  }

  public @Nullable Service service(NamespacedHostname key) {
    Update<Service> found = services.get(key);
    return found == null ? null : found.resource();
  }

  /**
   * The service that an address means, among those that the client can see. One with this very VIP
   * comes before one with a range around it. Of several VIPs: the one of the client's namespace,
   * then of a Kubernetes Service, then the first seen. Of several ranges: the one of the client's
   * namespace, then the longest prefix, then of a Kubernetes Service, then the first seen.
   *
   * @param clientNamespace null if it does not matter who asks: every service is seen, no namespace
   *     is preferred
   */
  public @Nullable Service serviceAt(
      String network, IpAddress address, @Nullable String clientNamespace) {
    PersistentMap<IpAddress, List<Service>> ofNetwork = servicesByVip.get(network);
    List<Service> candidates = ofNetwork == null ? null : ofNetwork.get(address);
    Service exact = candidates == null ? null : preferred(candidates, clientNamespace, null);
    return exact != null || serviceRanges.isEmpty()
        ? exact
        : serviceAroundAddress(network, address, clientNamespace);
  }

  private @Nullable Service serviceAroundAddress(
      String network, IpAddress address, @Nullable String clientNamespace) {
    ServiceRange best = null;
    for (ServiceRange candidate : serviceRanges) {
      if (candidate.range().contains(network, address)
          && isVisible(candidate.service(), clientNamespace)
          && (best == null || outranks(candidate, best, clientNamespace))) {
        best = candidate;
      }
    }
    return best == null ? null : best.service();
  }

  private static boolean outranks(
      ServiceRange candidate, ServiceRange best, @Nullable String clientNamespace) {
    boolean own = candidate.service().namespace().equals(clientNamespace);
    if (own != best.service().namespace().equals(clientNamespace)) {
      return own;
    }
    int length = candidate.range().range().prefixLength();
    int bestLength = best.range().range().prefixLength();
    if (length != bestLength) {
      return length > bestLength;
    }
    return candidate.service().canonical() && !best.service().canonical();
  }

  /**
   * The service that a client of {@code clientNamespace} means by a host name: among those that it
   * can see, the one of the client's namespace, then a Kubernetes Service, then the one of {@code
   * preferredNamespace}, then the first seen.
   *
   * @param hostname in lower case, without a trailing dot; a wildcard service is found by its own
   *     {@code *.} name
   * @param preferredNamespace null for none
   */
  public @Nullable Service serviceByHostname(
      String hostname, String clientNamespace, @Nullable String preferredNamespace) {
    List<Service> candidates = servicesByHostname.get(hostname);
    return candidates == null ? null : preferred(candidates, clientNamespace, preferredNamespace);
  }

  private static @Nullable Service preferred(
      List<Service> candidates,
      @Nullable String clientNamespace,
      @Nullable String preferredNamespace) {
    Service best = null;
    int bestRank = -1;
    for (int i = 0; i < candidates.size(); i++) {
      Service candidate = candidates.get(i);
      if (isVisible(candidate, clientNamespace)) {
        int rank = rank(candidate, clientNamespace, preferredNamespace);
        if (rank > bestRank) {
          best = candidate;
          bestRank = rank;
        }
      }
    }
    return best;
  }

  private static int rank(
      Service service, @Nullable String clientNamespace, @Nullable String preferredNamespace) {
    if (service.namespace().equals(clientNamespace)) {
      return 3;
    }
    if (service.canonical()) {
      return 2;
    }
    return service.namespace().equals(preferredNamespace) ? 1 : 0;
  }

  private static boolean isVisible(Service service, @Nullable String clientNamespace) {
    return clientNamespace == null || service.isVisibleFrom(clientNamespace);
  }

  /** The endpoints of a service, whether the service itself is known yet or not; perhaps none. */
  public ServiceEndpoints endpoints(NamespacedHostname service) {
    ServiceEndpoints found = endpoints.get(service);
    return found == null ? ServiceEndpoints.NONE : found;
  }

  /** The pod of this node with this workload uid, in the mesh or not. */
  public @Nullable PodEnrolment enrolment(String workloadUid) {
    Update<PodEnrolment> found = enrolments.get(workloadUid);
    return found == null ? null : found.resource();
  }

  /** All workloads, in no particular order; a view. */
  public Collection<Workload> workloads() {
    return workloads.values(Update::resource);
  }

  /** All services, in no particular order; a view. */
  public Collection<Service> services() {
    return services.values(Update::resource);
  }

  /** All policies, in no particular order; a view. */
  public Collection<CompiledPolicy> policies() {
    return policies.values(Update::resource);
  }

  /** Whether the pods of a namespace are in the mesh; null if nothing is known of it. */
  public @Nullable NamespaceEnrolment namespace(String name) {
    Update<NamespaceEnrolment> found = namespaces.get(name);
    return found == null ? null : found.resource();
  }

  /** All namespaces, in no particular order; a view. */
  public Collection<NamespaceEnrolment> namespaces() {
    return namespaces.values(Update::resource);
  }

  /** All pods of this node, in the mesh or not, in no particular order; a view. */
  public Collection<PodEnrolment> enrolments() {
    return enrolments.values(Update::resource);
  }

  @Override
  public List<CompiledPolicy> globalPolicies() {
    return globalPolicies;
  }

  @Override
  public List<CompiledPolicy> namespacePolicies(String namespace) {
    List<CompiledPolicy> found = policiesByNamespace.get(namespace);
    return found == null ? List.of() : found;
  }

  @Override
  public @Nullable CompiledPolicy policy(String key) {
    Update<CompiledPolicy> found = policies.get(key);
    return found == null ? null : found.resource();
  }

  @Override
  public boolean isWithdrawn(String key) {
    return withdrawnPolicies.get(key) != null;
  }

  /**
   * Passes the name and version of every resource of {@code type}, as a reconnecting subscriber
   * lists them in {@code initial_resource_versions}.
   */
  public void forEachVersion(ResourceType type, BiConsumer<String, String> nameAndVersion) {
    switch (type) {
      case ADDRESS -> {
        workloads.forEach((uid, entry) -> nameAndVersion.accept(uid, entry.version()));
        services.forEach((key, entry) -> nameAndVersion.accept(key.toString(), entry.version()));
      }
      case AUTHORIZATION ->
          policies.forEach((key, entry) -> nameAndVersion.accept(key, entry.version()));
      case POD_ENROLMENT ->
          enrolments.forEach((uid, entry) -> nameAndVersion.accept(uid, entry.version()));
      case NAMESPACE_ENROLMENT ->
          namespaces.forEach((name, entry) -> nameAndVersion.accept(name, entry.version()));
    }
  }
}
