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
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects, and what is asked of them by something else than their name. Confined to the
 * compile's thread.
 */
final class ObjectStore {

  private static final Comparator<ObjectKey> BY_KEY = Comparator.naturalOrder();

  private final String clusterDomain;
  private final Map<String, Namespace> namespaces = new HashMap<>();
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, GatewayClass> gatewayClasses = new HashMap<>();
  private final Map<String, Contents> contents = new HashMap<>();
  private final Map<String, Set<ObjectKey>> sourcesByHost = new HashMap<>();
  private final Map<String, Set<ObjectKey>> slicesByPod = new HashMap<>();
  private final Map<String, Set<ObjectKey>> slicesByService = new HashMap<>();
  private final Map<String, Set<ObjectKey>> usersByWaypoint = new HashMap<>();
  private final Map<ObjectKey, Set<ObjectKey>> policiesByTarget = new HashMap<>();
  private int peerAuthentications;

  /** The objects of one namespace, by name. */
  static final class Contents {
    final Map<String, Pod> pods = new HashMap<>();
    final Map<String, Service> services = new HashMap<>();
    final Map<String, ServiceEntry> serviceEntries = new HashMap<>();
    final Map<String, WorkloadEntry> workloadEntries = new HashMap<>();
    final Map<String, EndpointSlice> slices = new HashMap<>();
    final Map<String, Gateway> gateways = new HashMap<>();
    final Map<String, AuthorizationPolicy> policies = new HashMap<>();
    final Map<String, PeerAuthentication> peerAuthentications = new HashMap<>();

    /** Services and service entries by what they select. */
    final SelectorIndex<ObjectKey> selectingServices = new SelectorIndex<>();

    /** Policies for L4 by what they select. */
    final SelectorIndex<String> selectingPolicies = new SelectorIndex<>();

    final SelectorIndex<String> selectingPeerAuthentications = new SelectorIndex<>();

    boolean isEmpty() {
      return pods.isEmpty()
          && services.isEmpty()
          && serviceEntries.isEmpty()
          && workloadEntries.isEmpty()
          && slices.isEmpty()
          && gateways.isEmpty()
          && policies.isEmpty()
          && peerAuthentications.isEmpty();
    }
  }

  private static final Contents NOTHING = new Contents();

  ObjectStore(String clusterDomain) {
    this.clusterDomain = clusterDomain;
  }

  Contents in(String namespace) {
    return contents.getOrDefault(namespace, NOTHING);
  }

  Collection<String> namespacesWithContents() {
    return contents.keySet();
  }

  @Nullable Namespace namespace(String name) {
    return namespaces.get(name);
  }

  @Nullable Node node(String name) {
    return nodes.get(name);
  }

  @Nullable GatewayClass gatewayClass(String name) {
    return gatewayClasses.get(name);
  }

  @Nullable MeshObject get(ObjectKey key) {
    Contents in = in(key.namespace());
    String name = key.name();
    return switch (key.kind()) {
      case NAMESPACE -> namespaces.get(name);
      case NODE -> nodes.get(name);
      case GATEWAY_CLASS -> gatewayClasses.get(name);
      case SERVICE_ACCOUNT -> null;
      case POD -> in.pods.get(name);
      case SERVICE -> in.services.get(name);
      case SERVICE_ENTRY -> in.serviceEntries.get(name);
      case WORKLOAD_ENTRY -> in.workloadEntries.get(name);
      case ENDPOINT_SLICE -> in.slices.get(name);
      case GATEWAY -> in.gateways.get(name);
      case AUTHORIZATION_POLICY -> in.policies.get(name);
      case PEER_AUTHENTICATION -> in.peerAuthentications.get(name);
    };
  }

  /** All that become something themselves. */
  Stream<ObjectKey> keys() {
    return Stream.concat(
            namespaces.values().stream(),
            contents.values().stream()
                .flatMap(
                    in ->
                        Stream.of(
                                in.pods,
                                in.services,
                                in.serviceEntries,
                                in.workloadEntries,
                                in.slices,
                                in.policies,
                                in.peerAuthentications)
                            .flatMap(objects -> objects.values().stream())))
        .map(MeshObject::key);
  }

  /** Adds or replaces. */
  void put(MeshObject object) {
    remove(object.key());
    ObjectKey key = object.key();
    String name = key.name();
    Contents in =
        key.kind().namespaced()
            ? contents.computeIfAbsent(key.namespace(), n -> new Contents())
            : NOTHING;
    switch (object) {
      case Namespace namespace -> namespaces.put(name, namespace);
      case Node node -> nodes.put(name, node);
      case GatewayClass gatewayClass -> gatewayClasses.put(name, gatewayClass);
      case ServiceAccount account -> {
        // Pods name their service account; the object itself adds nothing.
      }
      case Pod pod -> in.pods.put(name, pod);
      case Service service -> {
        in.services.put(name, service);
        in.selectingServices.put(key, service.selector());
      }
      case ServiceEntry entry -> {
        in.serviceEntries.put(name, entry);
        in.selectingServices.put(key, entry.workloadSelector().matchLabels());
      }
      case WorkloadEntry entry -> in.workloadEntries.put(name, entry);
      case EndpointSlice slice -> in.slices.put(name, slice);
      case Gateway gateway -> in.gateways.put(name, gateway);
      case AuthorizationPolicy policy -> {
        in.policies.put(name, policy);
        if (policy.targets().isEmpty()) {
          in.selectingPolicies.put(name, policy.selector());
        }
      }
      case PeerAuthentication policy -> {
        in.peerAuthentications.put(name, policy);
        in.selectingPeerAuthentications.put(name, policy.selector());
        peerAuthentications++;
      }
    }
    index(object, true);
  }

  /** Forgets an object; returns what it was. */
  @Nullable MeshObject remove(ObjectKey key) {
    MeshObject object = get(key);
    if (object == null) {
      return null;
    }
    index(object, false);
    Contents in = in(key.namespace());
    String name = key.name();
    switch (key.kind()) {
      case NAMESPACE -> namespaces.remove(name);
      case NODE -> nodes.remove(name);
      case GATEWAY_CLASS -> gatewayClasses.remove(name);
      case SERVICE_ACCOUNT -> {}
      case POD -> in.pods.remove(name);
      case SERVICE -> {
        in.services.remove(name);
        in.selectingServices.remove(key);
      }
      case SERVICE_ENTRY -> {
        in.serviceEntries.remove(name);
        in.selectingServices.remove(key);
      }
      case WORKLOAD_ENTRY -> in.workloadEntries.remove(name);
      case ENDPOINT_SLICE -> in.slices.remove(name);
      case GATEWAY -> in.gateways.remove(name);
      case AUTHORIZATION_POLICY -> {
        in.policies.remove(name);
        in.selectingPolicies.remove(name);
      }
      case PEER_AUTHENTICATION -> {
        in.peerAuthentications.remove(name);
        in.selectingPeerAuthentications.remove(name);
        peerAuthentications--;
      }
    }
    if (key.kind().namespaced() && in.isEmpty()) {
      contents.remove(key.namespace());
    }
    return object;
  }

  private void index(MeshObject object, boolean add) {
    ObjectKey key = object.key();
    for (String host : hosts(object)) {
      index(sourcesByHost, host, key, add);
    }
    for (String waypoint : WaypointLabels.references(object)) {
      index(usersByWaypoint, waypoint, key, add);
    }
    switch (object) {
      case EndpointSlice slice -> {
        String namespace = key.namespace() + '/';
        if (!slice.service().isEmpty()) {
          index(slicesByService, namespace + slice.service(), key, add);
          for (EndpointSlice.Endpoint endpoint : slice.endpoints()) {
            if (!endpoint.pod().isEmpty()) {
              index(slicesByPod, namespace + endpoint.pod(), key, add);
            }
          }
        }
      }
      case AuthorizationPolicy policy -> {
        for (ObjectKey target : targets(policy)) {
          index(policiesByTarget, target, key, add);
        }
      }
      default -> {}
    }
  }

  private static <K> void index(Map<K, Set<ObjectKey>> index, K at, ObjectKey key, boolean add) {
    if (add) {
      index.computeIfAbsent(at, k -> new TreeSet<>(BY_KEY)).add(key);
    } else {
      Set<ObjectKey> keys = index.get(at);
      if (keys != null && keys.remove(key) && keys.isEmpty()) {
        index.remove(at);
      }
    }
  }

  /** The host names that an object describes as a service. */
  List<String> hosts(@Nullable MeshObject object) {
    return switch (object) {
      case Service service when !service.externalName() -> List.of(host(service));
      case ServiceEntry entry -> entry.hosts();
      case null, default -> List.of();
    };
  }

  String host(Service service) {
    return service.metadata().name()
        + '.'
        + service.metadata().namespace()
        + ".svc."
        + clusterDomain;
  }

  /** The objects that a policy wants enforced by waypoints. */
  static List<ObjectKey> targets(AuthorizationPolicy policy) {
    List<ObjectKey> targets = new ArrayList<>();
    String namespace = policy.metadata().namespace();
    for (AuthorizationPolicy.Target target : policy.targets()) {
      switch (target.kind()) {
        case "Gateway" -> targets.add(new ObjectKey(Kind.GATEWAY, namespace, target.name()));
        case "GatewayClass" -> targets.add(new ObjectKey(Kind.GATEWAY_CLASS, "", target.name()));
        case "Service" -> targets.add(new ObjectKey(Kind.SERVICE, namespace, target.name()));
        default -> targets.add(new ObjectKey(Kind.SERVICE_ENTRY, namespace, target.name()));
      }
    }
    return targets;
  }

  Set<ObjectKey> policiesFor(ObjectKey target) {
    return Set.copyOf(policiesByTarget.getOrDefault(target, Set.of()));
  }

  /** What names a waypoint ({@code namespace/name}) by its own labels; namespaces among them. */
  Set<ObjectKey> usersOf(String waypoint) {
    return Set.copyOf(usersByWaypoint.getOrDefault(waypoint, Set.of()));
  }

  /** Everything that describes a service of this host name, in any namespace. */
  Set<ObjectKey> sourcesOf(String host) {
    return new LinkedHashSet<>(sourcesByHost.getOrDefault(host, Set.of()));
  }

  /** The slices that name a pod. */
  Collection<EndpointSlice> slicesOfPod(String namespace, String pod) {
    return slices(slicesByPod.get(namespace + '/' + pod));
  }

  Collection<EndpointSlice> slicesOfService(String namespace, String service) {
    return slices(slicesByService.get(namespace + '/' + service));
  }

  private List<EndpointSlice> slices(@Nullable Set<ObjectKey> keys) {
    if (keys == null) {
      return List.of();
    }
    List<EndpointSlice> slices = new ArrayList<>();
    for (ObjectKey key : keys) {
      EndpointSlice slice = in(key.namespace()).slices.get(key.name());
      if (slice != null) {
        slices.add(slice);
      }
    }
    return slices;
  }

  boolean hasPeerAuthentications() {
    return peerAuthentications > 0;
  }

  /**
   * Whether an object is the one that describes a host in its namespace: a Service before
   * ServiceEntries, of those the oldest.
   */
  boolean describes(ObjectKey source, String host) {
    return source.equals(winner(source.namespace(), host));
  }

  private @Nullable ObjectKey winner(String namespace, String host) {
    ObjectKey winner = null;
    for (ObjectKey candidate : sourcesByHost.getOrDefault(host, Set.of())) {
      if (candidate.namespace().equals(namespace) && comesBefore(candidate, winner)) {
        winner = candidate;
      }
    }
    return winner;
  }

  /** Whether it is the one among all namespaces: a Service, else the oldest ServiceEntry. */
  boolean isCanonical(ObjectKey source, String host) {
    if (source.kind() == Kind.SERVICE) {
      return true;
    }
    ObjectKey best = null;
    for (ObjectKey candidate : sourcesByHost.getOrDefault(host, Set.of())) {
      if (comesBefore(candidate, best)) {
        best = candidate;
      }
    }
    return source.equals(best);
  }

  private boolean comesBefore(ObjectKey a, @Nullable ObjectKey b) {
    if (b == null) {
      return true;
    }
    if (a.kind() != b.kind()) {
      return a.kind() == Kind.SERVICE;
    }
    int byAge = Long.compare(created(a), created(b));
    return byAge != 0 ? byAge < 0 : a.compareTo(b) < 0;
  }

  private long created(ObjectKey key) {
    MeshObject object = get(key);
    return object == null ? Long.MAX_VALUE : object.metadata().created();
  }
}
