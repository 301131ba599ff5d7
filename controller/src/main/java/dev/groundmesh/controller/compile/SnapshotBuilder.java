package dev.groundmesh.controller.compile;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.HashTreePSet;
import org.pcollections.PSet;

/**
 * Leads from one snapshot to the next and notes what differs. Confined to one thread, used once.
 */
final class SnapshotBuilder {

  private final CompiledResources before;
  private HashPMap<String, CompiledResource> addresses;
  private HashPMap<String, CompiledResource> authorizations;
  private HashPMap<String, HashPMap<String, CompiledResource>> enrolments;
  private HashPMap<String, CompiledResource> namespaces;
  private HashPMap<String, List<String>> namesByAlias;
  private HashPMap<String, PSet<String>> workloadsByService;
  private HashPMap<String, NodePods> pods;
  private HashPMap<String, ObjectStatus> statuses;
  private final Map<String, CompiledResource> updated = new LinkedHashMap<>();
  private final Map<String, CompiledResource> removed = new LinkedHashMap<>();
  private final Map<String, ObjectStatus> updatedStatuses = new LinkedHashMap<>();
  private final Map<String, ObjectStatus> removedStatuses = new LinkedHashMap<>();

  SnapshotBuilder(CompiledResources before) {
    this.before = before;
    this.addresses = before.addresses;
    this.authorizations = before.authorizations;
    this.enrolments = before.enrolmentsByNode;
    this.namespaces = before.namespaces;
    this.namesByAlias = before.namesByAlias;
    this.workloadsByService = before.workloadsByService;
    this.pods = before.pods;
    this.statuses = before.statuses;
  }

  /** Adds or replaces a workload or service. */
  void putAddress(CompiledResource resource) {
    CompiledResource old = addresses.get(resource.name());
    if (old != null) {
      if (same(old, resource)) {
        return;
      }
      unlink(old);
    }
    addresses = addresses.plus(resource.name(), resource);
    link(resource);
    updated(resource);
  }

  void removeAddress(String name) {
    CompiledResource old = addresses.get(name);
    if (old != null) {
      unlink(old);
      addresses = addresses.minus(name);
      removed(old);
    }
  }

  void putAuthorization(CompiledResource resource) {
    CompiledResource old = authorizations.get(resource.name());
    if (old == null || !same(old, resource)) {
      authorizations = authorizations.plus(resource.name(), resource);
      updated(resource);
    }
  }

  void removeAuthorization(String name) {
    CompiledResource old = authorizations.get(name);
    if (old != null) {
      authorizations = authorizations.minus(name);
      removed(old);
    }
  }

  /** Adds or replaces the enrolment of a pod on its node. */
  void putEnrolment(String node, CompiledResource resource) {
    HashPMap<String, CompiledResource> onNode = enrolments.getOrDefault(node, HashTreePMap.empty());
    CompiledResource old = onNode.get(resource.name());
    if (old == null || !same(old, resource)) {
      enrolments = enrolments.plus(node, onNode.plus(resource.name(), resource));
      updated(resource);
    }
  }

  void removeEnrolment(String node, String uid) {
    HashPMap<String, CompiledResource> onNode = enrolments.get(node);
    CompiledResource old = onNode == null ? null : onNode.get(uid);
    if (onNode != null && old != null) {
      HashPMap<String, CompiledResource> rest = onNode.minus(uid);
      enrolments = rest.isEmpty() ? enrolments.minus(node) : enrolments.plus(node, rest);
      removed(old);
    }
  }

  void putNamespace(CompiledResource resource) {
    CompiledResource old = namespaces.get(resource.name());
    if (old == null || !same(old, resource)) {
      namespaces = namespaces.plus(resource.name(), resource);
      updated(resource);
    }
  }

  void removeNamespace(String name) {
    CompiledResource old = namespaces.get(name);
    if (old != null) {
      namespaces = namespaces.minus(name);
      removed(old);
    }
  }

  void putPod(String node, NodePods.NodePod pod) {
    pods = pods.plus(node, pods.getOrDefault(node, NodePods.NONE).plus(pod));
  }

  /**
   * Takes a pod off a node.
   *
   * @param keepNode whether the node is known without pods
   */
  void removePod(String node, String namespace, String name, boolean keepNode) {
    NodePods onNode = pods.get(node);
    if (onNode != null) {
      NodePods rest = onNode.minus(namespace, name);
      pods = rest.isEmpty() && !keepNode ? pods.minus(node) : pods.plus(node, rest);
    }
  }

  void putNode(String node) {
    if (!pods.containsKey(node)) {
      pods = pods.plus(node, NodePods.NONE);
    }
  }

  void removeNode(String node) {
    if (pods.getOrDefault(node, NodePods.NONE).isEmpty()) {
      pods = pods.minus(node);
    }
  }

  @SuppressWarnings("ReferenceEquality") // persistent maps: the same map is an unchanged one
  boolean podsChanged() {
    return pods != before.pods;
  }

  NodePods pods(String node) {
    return pods.getOrDefault(node, NodePods.NONE);
  }

  void putStatus(String key, ObjectStatus status) {
    if (!status.equals(statuses.get(key))) {
      statuses = statuses.plus(key, status);
      updatedStatuses.put(key, status);
      removedStatuses.remove(key);
    }
  }

  void removeStatus(String key) {
    ObjectStatus old = statuses.get(key);
    if (old != null) {
      statuses = statuses.minus(key);
      removedStatuses.put(key, old);
      updatedStatuses.remove(key);
    }
  }

  Collection<ObjectStatus> updatedStatuses() {
    return updatedStatuses.values();
  }

  Collection<ObjectStatus> removedStatuses() {
    return removedStatuses.values();
  }

  CompiledResources build() {
    return new CompiledResources(
        before.revision + 1,
        addresses,
        authorizations,
        enrolments,
        namespaces,
        namesByAlias,
        workloadsByService,
        pods,
        statuses);
  }

  /** What differs, policies first so that no workload names one that has yet to come. */
  ResourceDelta delta() {
    List<CompiledResource> ordered = new ArrayList<>(updated.size());
    for (ResourceType type :
        List.of(
            ResourceType.AUTHORIZATION,
            ResourceType.ADDRESS,
            ResourceType.NAMESPACE_ENROLMENT,
            ResourceType.POD_ENROLMENT)) {
      for (CompiledResource resource : updated.values()) {
        if (resource.type() == type) {
          ordered.add(resource);
        }
      }
    }
    return new ResourceDelta(before.revision + 1, ordered, List.copyOf(removed.values()));
  }

  private void updated(CompiledResource resource) {
    String key = deltaKey(resource);
    CompiledResource wasRemoved = removed.remove(key);
    if (wasRemoved == null || !same(wasRemoved, resource)) {
      updated.put(key, resource);
    }
  }

  private void removed(CompiledResource resource) {
    String key = deltaKey(resource);
    updated.remove(key);
    CompiledResource known = known(resource);
    if (known != null) {
      removed.put(key, known);
    }
  }

  private @Nullable CompiledResource known(CompiledResource resource) {
    return switch (resource.type()) {
      case ADDRESS -> before.addresses.get(resource.name());
      case AUTHORIZATION -> before.authorizations.get(resource.name());
      case NAMESPACE_ENROLMENT -> before.namespaces.get(resource.name());
      case POD_ENROLMENT ->
          resource.node() == null ? null : before.enrolment(resource.node(), resource.name());
    };
  }

  /** A pod that is made anew on another node is gone from the one and new on the other. */
  private static String deltaKey(CompiledResource resource) {
    return resource.type().name() + ' ' + resource.name() + ' ' + resource.node();
  }

  private static boolean same(CompiledResource a, CompiledResource b) {
    return a.contentHash() == b.contentHash() && a.bytes().equals(b.bytes());
  }

  private void link(CompiledResource resource) {
    for (String alias : resource.aliases()) {
      List<String> names = new ArrayList<>(namesByAlias.getOrDefault(alias, List.of()));
      names.add(resource.name());
      namesByAlias = namesByAlias.plus(alias, List.copyOf(names));
    }
    for (String service : servicesOf(resource)) {
      PSet<String> workloads = workloadsByService.getOrDefault(service, HashTreePSet.empty());
      workloadsByService = workloadsByService.plus(service, workloads.plus(resource.name()));
    }
  }

  private void unlink(CompiledResource resource) {
    for (String alias : resource.aliases()) {
      List<String> names = new ArrayList<>(namesByAlias.getOrDefault(alias, List.of()));
      names.remove(resource.name());
      namesByAlias =
          names.isEmpty()
              ? namesByAlias.minus(alias)
              : namesByAlias.plus(alias, List.copyOf(names));
    }
    for (String service : servicesOf(resource)) {
      PSet<String> workloads =
          workloadsByService.getOrDefault(service, HashTreePSet.empty()).minus(resource.name());
      workloadsByService =
          workloads.isEmpty()
              ? workloadsByService.minus(service)
              : workloadsByService.plus(service, workloads);
    }
  }

  /** Read from the encoding rather than kept beside it: changes are few, workloads are many. */
  private static Set<String> servicesOf(CompiledResource resource) {
    try {
      Address address = Address.parseFrom(resource.bytes());
      return address.hasWorkload() ? address.getWorkload().getServicesMap().keySet() : Set.of();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(resource.name() + ": not what was encoded", e);
    }
  }
}
