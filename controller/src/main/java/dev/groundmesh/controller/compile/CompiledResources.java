package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.status.ObjectStatus;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.PSet;

/**
 * Everything compiled, at one revision. Immutable; any thread may read it. Successive revisions
 * share what did not change.
 */
public final class CompiledResources {

  private static final CompiledResources EMPTY =
      new CompiledResources(
          0,
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty(),
          HashTreePMap.empty());

  final long revision;
  final HashPMap<String, CompiledResource> addresses;
  final HashPMap<String, CompiledResource> authorizations;
  final HashPMap<String, HashPMap<String, CompiledResource>> enrolmentsByNode;
  final HashPMap<String, CompiledResource> namespaces;
  final HashPMap<String, List<String>> namesByAlias;
  final HashPMap<String, PSet<String>> workloadsByService;
  final HashPMap<String, NodePods> pods;
  final HashPMap<String, ObjectStatus> statuses;

  CompiledResources(
      long revision,
      HashPMap<String, CompiledResource> addresses,
      HashPMap<String, CompiledResource> authorizations,
      HashPMap<String, HashPMap<String, CompiledResource>> enrolmentsByNode,
      HashPMap<String, CompiledResource> namespaces,
      HashPMap<String, List<String>> namesByAlias,
      HashPMap<String, PSet<String>> workloadsByService,
      HashPMap<String, NodePods> pods,
      HashPMap<String, ObjectStatus> statuses) {
    this.revision = revision;
    this.addresses = addresses;
    this.authorizations = authorizations;
    this.enrolmentsByNode = enrolmentsByNode;
    this.namespaces = namespaces;
    this.namesByAlias = namesByAlias;
    this.workloadsByService = workloadsByService;
    this.pods = pods;
    this.statuses = statuses;
  }

  public static CompiledResources empty() {
    return EMPTY;
  }

  public long revision() {
    return revision;
  }

  /** All workloads and services. */
  public Collection<CompiledResource> addresses() {
    return addresses.values();
  }

  /** All policies. */
  public Collection<CompiledResource> authorizations() {
    return authorizations.values();
  }

  /** The enrolments of one node; empty for an unknown node. */
  public Collection<CompiledResource> enrolments(String node) {
    HashPMap<String, CompiledResource> found = enrolmentsByNode.get(node);
    return found == null ? List.of() : found.values();
  }

  /** The enrolment of one pod of a node, by the uid of its workload. */
  public @Nullable CompiledResource enrolment(String node, String uid) {
    HashPMap<String, CompiledResource> found = enrolmentsByNode.get(node);
    return found == null ? null : found.get(uid);
  }

  /** The enrolments of all namespaces. */
  public Collection<CompiledResource> namespaces() {
    return namespaces.values();
  }

  public @Nullable CompiledResource namespace(String name) {
    return namespaces.get(name);
  }

  public @Nullable CompiledResource address(String name) {
    return addresses.get(name);
  }

  public @Nullable CompiledResource authorization(String name) {
    return authorizations.get(name);
  }

  /**
   * What an on-demand subscriber is answered for one key of the Address type: a workload uid,
   * {@code network/ip} or {@code namespace/hostname}. A service (by name or address) comes first
   * and brings its workloads. Empty: unknown, to be answered as a removal.
   */
  public List<CompiledResource> lookup(String key) {
    LinkedHashMap<String, CompiledResource> found = new LinkedHashMap<>();
    CompiledResource named = addresses.get(key);
    if (named != null) {
      add(named, found);
    } else {
      List<String> names = namesByAlias.get(key);
      if (names != null) {
        for (String name : names) {
          CompiledResource aliased = addresses.get(name);
          if (aliased != null) {
            add(aliased, found);
          }
        }
      }
    }
    return List.copyOf(found.values());
  }

  private void add(CompiledResource resource, Map<String, CompiledResource> into) {
    into.put(resource.name(), resource);
    for (String uid : workloadsOf(resource.name())) {
      CompiledResource workload = addresses.get(uid);
      if (workload != null) {
        into.put(uid, workload);
      }
    }
  }

  /** The uids of the workloads behind a service, by {@code namespace/hostname}. */
  public Collection<String> workloadsOf(String service) {
    PSet<String> uids = workloadsByService.get(service);
    return uids == null ? List.of() : uids;
  }

  /** Every node that runs a pod or is described by a Node object. */
  public Collection<String> nodes() {
    return Collections.unmodifiableSet(pods.keySet());
  }

  /**
   * The pods of a node that are not terminal, enrolled or not; what the node authorizer decides by.
   */
  public NodePods pods(String node) {
    return pods.getOrDefault(node, NodePods.NONE);
  }

  /** What users are told about their objects. */
  public Collection<ObjectStatus> statuses() {
    return statuses.values();
  }
}
