package dev.groundmesh.meshapi.snapshot;

import dev.groundmesh.meshapi.authorization.CompiledPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.NetworkAddress;
import dev.groundmesh.meshapi.model.NetworkMode;
import dev.groundmesh.meshapi.model.NetworkRange;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.TunnelProtocol;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot.ServiceRange;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Removal;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes the snapshot that follows another one. For one use on one thread. */
final class SnapshotEditor {

  /** Beyond it all are forgotten: a workload that still lists them is then refused connections. */
  private static final int MAX_WITHDRAWN_POLICIES = 1024;

  private static final Comparator<CompiledPolicy> BY_KEY = (a, b) -> a.key().compareTo(b.key());

  /** What becomes of the endpoints of one service. */
  private static final class EndpointEdits {
    final Set<String> removedUids = new HashSet<>();
    final Map<String, Workload> added = new LinkedHashMap<>();
  }

  private final MeshSnapshot before;
  private PersistentMap<String, Update<Workload>> workloads;
  private PersistentMap<String, PersistentMap<IpAddress, List<Workload>>> workloadsByAddress;
  private PersistentMap<NamespacedHostname, List<Workload>> workloadsByHostname;
  private PersistentMap<NamespacedHostname, Update<Service>> services;
  private PersistentMap<String, PersistentMap<IpAddress, List<Service>>> servicesByVip;
  private List<ServiceRange> serviceRanges;
  private PersistentMap<String, List<Service>> servicesByHostname;
  private PersistentMap<String, Update<CompiledPolicy>> policies;
  private List<CompiledPolicy> globalPolicies;
  private PersistentMap<String, List<CompiledPolicy>> policiesByNamespace;
  private PersistentMap<String, Boolean> withdrawnPolicies;
  private PersistentMap<String, Update<PodEnrolment>> enrolments;
  private PersistentMap<String, Update<NamespaceEnrolment>> namespaces;

  private final Map<NamespacedHostname, EndpointEdits> endpointEdits = new HashMap<>();
  private final Set<String> changedWorkloads = new HashSet<>();
  private final Set<NamespacedHostname> changedServices = new HashSet<>();
  private boolean changedGlobalPolicies;
  private final Set<String> changedPolicyNamespaces = new HashSet<>();
  private final Set<String> changedPolicies = new HashSet<>();
  private final Set<String> changedEnrolments = new HashSet<>();
  private final Set<String> changedNamespaces = new HashSet<>();

  SnapshotEditor(MeshSnapshot before) {
    this.before = before;
    this.workloads = before.workloads;
    this.workloadsByAddress = before.workloadsByAddress;
    this.workloadsByHostname = before.workloadsByHostname;
    this.services = before.services;
    this.servicesByVip = before.servicesByVip;
    this.serviceRanges = before.serviceRanges;
    this.servicesByHostname = before.servicesByHostname;
    this.policies = before.policies;
    this.globalPolicies = before.globalPolicies;
    this.policiesByNamespace = before.policiesByNamespace;
    this.withdrawnPolicies = before.withdrawnPolicies;
    this.enrolments = before.enrolments;
    this.namespaces = before.namespaces;
  }

  MeshChange apply(MeshDelta delta) {
    for (Removal removal : delta.removed()) {
      remove(removal);
    }
    delta.services().forEach(this::putService);
    delta.workloads().forEach(this::putWorkload);
    delta.policies().forEach(this::putPolicy);
    delta.enrolments().forEach(this::putEnrolment);
    delta.namespaces().forEach(this::putNamespace);
    MeshSnapshot after =
        new MeshSnapshot(
            before.version + 1,
            workloads,
            workloadsByAddress,
            workloadsByHostname,
            services,
            editedEndpoints(),
            servicesByVip,
            serviceRanges,
            servicesByHostname,
            policies,
            globalPolicies,
            policiesByNamespace,
            withdrawnPolicies,
            enrolments,
            namespaces);
    return new MeshChange(
        after,
        changedWorkloads,
        changedServices,
        changedGlobalPolicies,
        changedPolicyNamespaces,
        changedPolicies,
        changedEnrolments,
        changedNamespaces);
  }

  private void remove(Removal removal) {
    String name = removal.name();
    switch (removal.type()) {
      case ADDRESS -> {
        if (workloads.get(name) != null) {
          removeWorkload(name);
        } else {
          removeServiceNamed(name);
        }
      }
      case AUTHORIZATION -> withdrawPolicy(name);
      case POD_ENROLMENT -> {
        if (enrolments.get(name) != null) {
          enrolments = enrolments.without(name);
          changedEnrolments.add(name);
        }
      }
      case NAMESPACE_ENROLMENT -> {
        if (namespaces.get(name) != null) {
          namespaces = namespaces.without(name);
          changedNamespaces.add(name);
        }
      }
    }
  }

  private void putWorkload(Update<Workload> update) {
    Workload workload = update.resource();
    removeWorkload(workload.uid());
    workloads = workloads.with(workload.uid(), update);
    changedWorkloads.add(workload.uid());
    // What is listed after it was taken back is meant to come again.
    for (String policy : workload.authorizationPolicies()) {
      withdrawnPolicies = withdrawnPolicies.without(policy);
    }
    if (workload.networkMode() != NetworkMode.HOST_NETWORK) {
      for (IpAddress address : workload.addresses()) {
        workloadsByAddress =
            edit(
                workloadsByAddress,
                workload.network(),
                address,
                present -> withWorkload(present, workload));
      }
    }
    NamespacedHostname hostname = hostnameOf(workload);
    if (hostname != null) {
      workloadsByHostname =
          edit(workloadsByHostname, hostname, present -> withWorkload(present, workload));
    }
    for (ServiceMembership membership : workload.services()) {
      editsOf(membership.service()).added.put(workload.uid(), workload);
    }
  }

  private void removeWorkload(String uid) {
    Update<Workload> known = workloads.get(uid);
    if (known == null) {
      return;
    }
    Workload workload = known.resource();
    workloads = workloads.without(uid);
    changedWorkloads.add(uid);
    Predicate<Workload> isRemoved = candidate -> candidate.uid().equals(uid);
    if (workload.networkMode() != NetworkMode.HOST_NETWORK) {
      for (IpAddress address : workload.addresses()) {
        workloadsByAddress =
            edit(
                workloadsByAddress,
                workload.network(),
                address,
                present -> without(present, isRemoved));
      }
    }
    NamespacedHostname hostname = hostnameOf(workload);
    if (hostname != null) {
      workloadsByHostname =
          edit(workloadsByHostname, hostname, present -> without(present, isRemoved));
    }
    for (ServiceMembership membership : workload.services()) {
      EndpointEdits edits = editsOf(membership.service());
      edits.removedUids.add(uid);
      edits.added.remove(uid);
    }
  }

  private static @Nullable NamespacedHostname hostnameOf(Workload workload) {
    return workload.hostname().isEmpty()
        ? null
        : new NamespacedHostname(workload.namespace(), workload.hostname());
  }

  private void putService(Update<Service> update) {
    Service service = update.resource();
    Update<Service> known = services.get(service.key());
    Service former = known == null ? null : known.resource();
    services = services.with(service.key(), update);
    changedServices.add(service.key());
    editsOf(service.key());
    if (former != null) {
      for (NetworkAddress vip : former.vips()) {
        if (!service.vips().contains(vip)) {
          removeVip(vip, former.key());
        }
      }
    }
    for (NetworkAddress vip : service.vips()) {
      servicesByVip =
          edit(
              servicesByVip,
              vip.network(),
              vip.address(),
              present -> withService(present, service));
    }
    servicesByHostname =
        edit(servicesByHostname, service.hostname(), present -> withService(present, service));
    if (former == null || !former.vipRanges().equals(service.vipRanges())) {
      replaceRanges(service.key(), service, former != null);
    } else if (!service.vipRanges().isEmpty()) {
      serviceRanges =
          serviceRanges.stream()
              .map(
                  range ->
                      range.service().key().equals(service.key())
                          ? new ServiceRange(range.range(), service)
                          : range)
              .toList();
    }
  }

  private void removeServiceNamed(String name) {
    NamespacedHostname key;
    try {
      key = NamespacedHostname.parse(name.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      // Any other name, an address for example, is of something never known.
      return;
    }
    Update<Service> known = services.get(key);
    if (known == null) {
      return;
    }
    Service service = known.resource();
    services = services.without(key);
    changedServices.add(key);
    editsOf(key);
    for (NetworkAddress vip : service.vips()) {
      removeVip(vip, key);
    }
    servicesByHostname =
        edit(
            servicesByHostname,
            service.hostname(),
            present -> without(present, candidate -> candidate.key().equals(key)));
    if (!service.vipRanges().isEmpty()) {
      replaceRanges(key, null, true);
    }
  }

  private void removeVip(NetworkAddress vip, NamespacedHostname key) {
    servicesByVip =
        edit(
            servicesByVip,
            vip.network(),
            vip.address(),
            present -> without(present, candidate -> candidate.key().equals(key)));
  }

  private void replaceRanges(
      NamespacedHostname key, @Nullable Service service, boolean hadRangesBefore) {
    if (!hadRangesBefore && (service == null || service.vipRanges().isEmpty())) {
      return;
    }
    List<ServiceRange> changed = new ArrayList<>(serviceRanges);
    changed.removeIf(range -> range.service().key().equals(key));
    if (service != null) {
      for (NetworkRange range : service.vipRanges()) {
        changed.add(new ServiceRange(range, service));
      }
    }
    serviceRanges = List.copyOf(changed);
  }

  private void putPolicy(Update<AuthorizationPolicy> update) {
    CompiledPolicy policy = CompiledPolicy.compile(update.resource());
    removePolicy(policy.key());
    withdrawnPolicies = withdrawnPolicies.without(policy.key());
    policies = policies.with(policy.key(), new Update<>(policy, update.version()));
    indexPolicy(policy, present -> withPolicy(present, policy));
  }

  private void withdrawPolicy(String key) {
    if (policies.get(key) != null) {
      if (withdrawnPolicies.size() == MAX_WITHDRAWN_POLICIES) {
        withdrawnPolicies = PersistentMap.empty();
      }
      withdrawnPolicies = withdrawnPolicies.with(key, true);
      removePolicy(key);
    }
  }

  private void removePolicy(String key) {
    Update<CompiledPolicy> known = policies.get(key);
    if (known == null) {
      return;
    }
    policies = policies.without(key);
    indexPolicy(
        known.resource(), present -> without(present, candidate -> candidate.key().equals(key)));
  }

  private void indexPolicy(
      CompiledPolicy policy, Function<List<CompiledPolicy>, List<CompiledPolicy>> edit) {
    changedPolicies.add(policy.key());
    switch (policy.policy().scope()) {
      case GLOBAL -> {
        globalPolicies = edit.apply(globalPolicies);
        changedGlobalPolicies = true;
      }
      case NAMESPACE, UNSUPPORTED -> {
        policiesByNamespace = edit(policiesByNamespace, policy.policy().namespace(), edit);
        changedPolicyNamespaces.add(policy.policy().namespace());
      }
      case WORKLOAD_SELECTOR -> {}
    }
  }

  private void putEnrolment(Update<PodEnrolment> update) {
    enrolments = enrolments.with(update.resource().workloadUid(), update);
    changedEnrolments.add(update.resource().workloadUid());
  }

  private void putNamespace(Update<NamespaceEnrolment> update) {
    namespaces = namespaces.with(update.resource().name(), update);
    changedNamespaces.add(update.resource().name());
  }

  private EndpointEdits editsOf(NamespacedHostname service) {
    return endpointEdits.computeIfAbsent(service, key -> new EndpointEdits());
  }

  private PersistentMap<NamespacedHostname, ServiceEndpoints> editedEndpoints() {
    PersistentMap<NamespacedHostname, ServiceEndpoints> edited = before.endpoints;
    for (Map.Entry<NamespacedHostname, EndpointEdits> entry : endpointEdits.entrySet()) {
      NamespacedHostname key = entry.getKey();
      EndpointEdits edits = entry.getValue();
      Update<Service> known = services.get(key);
      ServiceEndpoints changed =
          before
              .endpoints(key)
              .changed(
                  edits.removedUids, edits.added.values(), known == null ? null : known.resource());
      edited = changed.isEmpty() ? edited.without(key) : edited.with(key, changed);
    }
    return edited;
  }

  private static List<Workload> withWorkload(List<Workload> present, Workload workload) {
    if (present.isEmpty()) {
      return List.of(workload);
    }
    List<Workload> changed = new ArrayList<>(present);
    changed.addFirst(workload);
    changed.sort((a, b) -> Integer.compare(addressClaim(b), addressClaim(a)));
    return List.copyOf(changed);
  }

  /**
   * How much a workload's claim of an address is worth: what a pod says cannot be made up by a
   * user, one that is going may have lost its address to one that came, and a member of the mesh
   * says more than another.
   */
  private static int addressClaim(Workload workload) {
    return (workload.uid().contains("//Pod/") ? 4 : 0)
        + (workload.isHealthy() ? 2 : 0)
        + (workload.tunnelProtocol() == TunnelProtocol.HBONE ? 1 : 0);
  }

  /**
   * With {@code service} in the place of its former self, or else at the end: the first seen stays
   * so.
   */
  private static List<Service> withService(List<Service> present, Service service) {
    if (present.isEmpty()) {
      return List.of(service);
    }
    List<Service> changed = new ArrayList<>(present);
    for (int i = 0; i < changed.size(); i++) {
      if (changed.get(i).key().equals(service.key())) {
        changed.set(i, service);
        return List.copyOf(changed);
      }
    }
    changed.add(service);
    return List.copyOf(changed);
  }

  private static List<CompiledPolicy> withPolicy(
      List<CompiledPolicy> present, CompiledPolicy policy) {
    List<CompiledPolicy> changed = new ArrayList<>(present);
    changed.add(policy);
    changed.sort(BY_KEY);
    return List.copyOf(changed);
  }

  private static <T> List<T> without(List<T> present, Predicate<T> isRemoved) {
    List<T> changed = new ArrayList<>(present);
    changed.removeIf(isRemoved);
    return List.copyOf(changed);
  }

  private static <K, V> PersistentMap<K, List<V>> edit(
      PersistentMap<K, List<V>> map, K key, Function<List<V>, List<V>> edit) {
    List<V> present = map.get(key);
    List<V> changed = edit.apply(present == null ? List.of() : present);
    return changed.isEmpty() ? map.without(key) : map.with(key, changed);
  }

  private static <V> PersistentMap<String, PersistentMap<IpAddress, List<V>>> edit(
      PersistentMap<String, PersistentMap<IpAddress, List<V>>> map,
      String network,
      IpAddress address,
      Function<List<V>, List<V>> edit) {
    PersistentMap<IpAddress, List<V>> ofNetwork = map.get(network);
    PersistentMap<IpAddress, List<V>> changed =
        edit(ofNetwork == null ? PersistentMap.empty() : ofNetwork, address, edit);
    return changed.isEmpty() ? map.without(network) : map.with(network, changed);
  }
}
