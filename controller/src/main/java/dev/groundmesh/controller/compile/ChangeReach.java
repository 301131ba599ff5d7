package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.GatewayClass;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceAccount;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.model.WorkloadEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the change of an object reaches: everything whose resources may be others now. Collects it
 * for one batch of changes; confined to the compile's thread.
 */
final class ChangeReach {
  private final ObjectStore store;
  private final Relations relations;
  private final CompileSettings settings;
  private final Function<String, NodePods> podsOfNode;
  private final Dirty dirty;
  private long scanned;

  /**
   * A reach of nothing yet.
   *
   * @param dirty where it is collected
   * @param podsOfNode those last compiled for a node
   */
  ChangeReach(
      ObjectStore store,
      Relations relations,
      CompileSettings settings,
      Function<String, NodePods> podsOfNode,
      Dirty dirty) {
    this.store = store;
    this.dirty = dirty;
    this.relations = relations;
    this.settings = settings;
    this.podsOfNode = podsOfNode;
  }

  /** How many objects were looked at, whether reached or not. */
  long scanned() {
    return scanned;
  }

  /**
   * Notes what the change of an object reaches. The store has the change already.
   *
   * @param old null if it is new
   * @param now null if it was removed
   */
  void note(@Nullable MeshObject old, @Nullable MeshObject now) {
    MeshObject either = now != null ? now : old;
    if (either == null) {
      return;
    }
    ObjectKey key = either.key();
    switch (either) {
      case Pod pod -> dirty.workloads.add(key);
      case WorkloadEntry entry -> dirty.workloads.add(key);
      case Service service -> reachService(old, now);
      case ServiceEntry entry -> reachService(old, now);
      case EndpointSlice slice -> {
        dirty.workloads.add(key);
        for (MeshObject version : versions(old, now)) {
          reachPodsOf((EndpointSlice) version);
        }
      }
      case Namespace namespace -> {
        dirty.namespaces.add(key);
        reachNamespace(old, now);
      }
      case Node node -> reachNode(old, now);
      case Gateway gateway -> reachGateway(key, old, now);
      case GatewayClass gatewayClass -> reachGatewayClass(key);
      case AuthorizationPolicy policy -> reachPolicy(old, now);
      case PeerAuthentication policy -> reachPeerAuthentication(old, now);
      case ServiceAccount account -> {
        // Nothing is derived from it: pods name their account themselves.
      }
    }
  }

  /** Notes a change of which cannot be told what it reaches: everything. */
  void noteEverything(ObjectKey changed) {
    dirty.add(changed);
    store.keys().forEach(dirty::add);
  }

  private static List<MeshObject> versions(@Nullable MeshObject old, @Nullable MeshObject now) {
    List<MeshObject> versions = new ArrayList<>(2);
    if (old != null) {
      versions.add(old);
    }
    if (now != null) {
      versions.add(now);
    }
    return versions;
  }

  private void reachPodsOf(EndpointSlice slice) {
    for (EndpointSlice.Endpoint endpoint : slice.endpoints()) {
      if (!endpoint.pod().isEmpty()) {
        dirty.workloads.add(new ObjectKey(Kind.POD, slice.metadata().namespace(), endpoint.pod()));
      }
    }
  }

  private void reachService(@Nullable MeshObject old, @Nullable MeshObject now) {
    Set<String> hosts = new LinkedHashSet<>();
    for (MeshObject version : versions(old, now)) {
      dirty.services.add(version.key());
      hosts.addAll(store.hosts(version));
    }
    Set<ObjectKey> sharing = new LinkedHashSet<>();
    for (String host : hosts) {
      sharing.addAll(store.sourcesOf(host));
    }
    for (ObjectKey other : sharing) {
      if (now == null || !other.equals(now.key())) {
        // Which of them describes the host may have changed, and with it what their workloads
        // belong to.
        dirty.services.add(other);
        MeshObject object = store.get(other);
        if (object != null) {
          reachEndpoints(object);
        }
      }
    }
    if (old == null || now == null || !views(old).equals(views(now)) || selects(old, now)) {
      for (MeshObject version : versions(old, now)) {
        reachEndpoints(version);
      }
    }
  }

  private boolean selects(MeshObject old, MeshObject now) {
    return switch (now) {
      case Service service ->
          !(old instanceof Service was && was.selector().equals(service.selector()));
      case ServiceEntry entry ->
          !(old instanceof ServiceEntry was
              && was.workloadSelector().equals(entry.workloadSelector())
              && was.endpoints().equals(entry.endpoints())
              && was.resolution() == entry.resolution()
              && was.metadata().labels().equals(entry.metadata().labels()));
      default -> true;
    };
  }

  private List<ServiceView> views(MeshObject source) {
    return switch (source) {
      case Service service ->
          store.hosts(service).stream().map(h -> ServiceView.of(service, h)).toList();
      case ServiceEntry entry -> entry.hosts().stream().map(h -> ServiceView.of(entry, h)).toList();
      default -> List.of();
    };
  }

  /** The workloads that a service selects or that its slices name, and those written into it. */
  private void reachEndpoints(MeshObject source) {
    ObjectKey key = source.key();
    Map<String, String> selector =
        switch (source) {
          case Service service -> service.selector();
          case ServiceEntry entry -> entry.workloadSelector().matchLabels();
          default -> Map.of();
        };
    if (!selector.isEmpty()) {
      reachWorkloads(key.namespace(), labels -> labels.entrySet().containsAll(selector.entrySet()));
    }
    if (source instanceof ServiceEntry) {
      dirty.workloads.add(key);
    } else {
      for (EndpointSlice slice : store.slicesOfService(key.namespace(), key.name())) {
        dirty.workloads.add(slice.key());
        reachPodsOf(slice);
      }
    }
  }

  /** The workloads of a namespace whose labels are such. */
  private void reachWorkloads(String namespace, Predicate<Map<String, String>> labels) {
    ObjectStore.Contents in = store.in(namespace);
    for (Collection<? extends MeshObject> objects :
        List.of(in.pods.values(), in.workloadEntries.values(), in.serviceEntries.values())) {
      for (MeshObject object : objects) {
        scanned++;
        if (labels.test(object.metadata().labels())) {
          dirty.workloads.add(object.key());
        }
      }
    }
  }

  /** Those of a namespace, or of all where it is the root namespace. */
  private void reachWorkloadsUnder(String namespace, Predicate<Map<String, String>> labels) {
    if (!namespace.equals(settings.rootNamespace())) {
      reachWorkloads(namespace, labels);
      return;
    }
    for (String each : store.namespacesWithContents()) {
      reachWorkloads(each, labels);
    }
  }

  private void reachNamespace(@Nullable MeshObject old, @Nullable MeshObject now) {
    MeshObject either = now != null ? now : old;
    if (either == null
        || (old != null
            && now != null
            && old.metadata().labels().equals(now.metadata().labels())
            && old.metadata().annotations().equals(now.metadata().annotations()))) {
      return;
    }
    String name = either.metadata().name();
    ObjectStore.Contents in = store.in(name);
    in.services.values().forEach(service -> dirty.services.add(service.key()));
    in.serviceEntries.values().forEach(entry -> dirty.services.add(entry.key()));
    reachWorkloads(name, labels -> true);
  }

  private void reachNode(@Nullable MeshObject old, @Nullable MeshObject now) {
    Optional<?> before = WorkloadCompile.locality(old instanceof Node node ? node : null);
    Optional<?> after = WorkloadCompile.locality(now instanceof Node node ? node : null);
    MeshObject either = now != null ? now : old;
    if (either != null && !before.equals(after)) {
      for (NodePods.NodePod pod : podsOfNode.apply(either.metadata().name()).all()) {
        dirty.workloads.add(new ObjectKey(Kind.POD, pod.namespace(), pod.name()));
      }
    }
  }

  private void reachGateway(ObjectKey key, @Nullable MeshObject old, @Nullable MeshObject now) {
    dirty.policies.addAll(store.policiesFor(key));
    if (old instanceof Gateway was
        && now instanceof Gateway is
        && relations.waypoint(was).equals(relations.waypoint(is))) {
      return;
    }
    reachWaypoint(key);
  }

  private void reachWaypoint(ObjectKey gateway) {
    for (ObjectKey user : store.usersOf(gateway.qualifiedName())) {
      switch (user.kind()) {
        case NAMESPACE -> reachNamespace(null, store.get(user));
        case SERVICE -> dirty.services.add(user);
        case SERVICE_ENTRY -> {
          dirty.services.add(user);
          dirty.workloads.add(user);
        }
        case POD, WORKLOAD_ENTRY -> dirty.workloads.add(user);
        default -> {
          // Other kinds cannot ask for a waypoint.
        }
      }
    }
    reachWorkloads(gateway.namespace(), labels -> Relations.areInstances(labels, gateway));
  }

  private void reachGatewayClass(ObjectKey key) {
    dirty.policies.addAll(store.policiesFor(key));
    for (String namespace : store.namespacesWithContents()) {
      for (Gateway gateway : store.in(namespace).gateways.values()) {
        if (gateway.className().equals(key.name())) {
          reachWaypoint(gateway.key());
        }
      }
    }
  }

  private void reachPolicy(@Nullable MeshObject old, @Nullable MeshObject now) {
    Map<String, String> before = relations.listed(old);
    Map<String, String> after = relations.listed(now);
    for (MeshObject version : versions(old, now)) {
      dirty.policies.add(version.key());
      Map<String, String> selector = relations.listed(version);
      if (!before.equals(after) && !selector.isEmpty()) {
        reachWorkloadsUnder(
            version.metadata().namespace(),
            labels -> labels.entrySet().containsAll(selector.entrySet()));
      }
    }
  }

  private void reachPeerAuthentication(@Nullable MeshObject old, @Nullable MeshObject now) {
    for (MeshObject version : versions(old, now)) {
      PeerAuthentication policy = (PeerAuthentication) version;
      String namespace = policy.metadata().namespace();
      dirty.policies.add(policy.key());
      if (!policy.selector().isEmpty()) {
        // One with a selector speaks for its own namespace only, the root namespace included.
        reachWorkloads(
            namespace, labels -> labels.entrySet().containsAll(policy.selector().entrySet()));
        continue;
      }
      reachWorkloadsUnder(namespace, labels -> true);
      Collection<String> namespaces =
          namespace.equals(settings.rootNamespace())
              ? store.namespacesWithContents()
              : List.of(namespace);
      for (String each : namespaces) {
        store.in(each).peerAuthentications.values().forEach(p -> dirty.policies.add(p.key()));
      }
    }
  }
}
