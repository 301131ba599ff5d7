package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.policy.AuthorizationConversion;
import dev.groundmesh.controller.policy.PeerAuthenticationConversion;
import dev.groundmesh.meshapi.proto.workload.ApplicationTunnel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How the objects of a store belong together: which services and policies select a workload, which
 * waypoint it has. Confined to the compile's thread.
 */
final class Relations {
  private static final String GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

  private final ObjectStore store;
  private final CompileSettings settings;
  private final AuthorizationConversion authorizations;
  private final PeerAuthenticationConversion peerAuthentications;
  private final WaypointResolver waypoints;

  Relations(
      ObjectStore store,
      CompileSettings settings,
      AuthorizationConversion authorizations,
      PeerAuthenticationConversion peerAuthentications) {
    this.store = store;
    this.settings = settings;
    this.authorizations = authorizations;
    this.peerAuthentications = peerAuthentications;
    this.waypoints = new WaypointResolver(this::waypoint, store::namespace, settings);
  }

  /** The waypoint of a Service or ServiceEntry. */
  WaypointBinding waypointOfService(Metadata service) {
    return waypoints.forService(service);
  }

  /** Whether workloads with such labels are instances of a gateway of their namespace. */
  static boolean areInstances(Map<String, String> labels, ObjectKey gateway) {
    return gateway.name().equals(labels.get(GATEWAY_NAME));
  }

  /** The services that a pod belongs to: by their selectors, or by their slices. */
  List<ServiceView> servicesOf(Pod pod) {
    Metadata metadata = pod.metadata();
    List<ServiceView> services = servicesSelecting(metadata);
    Set<String> seen = new HashSet<>();
    services.forEach(service -> seen.add(service.name()));
    for (EndpointSlice slice : store.slicesOfPod(metadata.namespace(), metadata.name())) {
      Service service = store.in(metadata.namespace()).services.get(slice.service());
      if (service != null && !service.externalName()) {
        ServiceView view = ServiceView.of(service, store.host(service));
        if (seen.add(view.name())) {
          services.add(view);
        }
      }
    }
    return services;
  }

  List<ServiceView> servicesSelecting(Metadata workload) {
    List<ServiceView> services = new ArrayList<>();
    ObjectStore.Contents in = store.in(workload.namespace());
    for (ObjectKey source : in.selectingServices.matching(workload.labels())) {
      MeshObject object = store.get(source);
      for (String host : store.hosts(object)) {
        if (store.describes(source, host)) {
          switch (object) {
            case Service service -> services.add(ServiceView.of(service, host));
            case ServiceEntry entry -> services.add(ServiceView.of(entry, host));
            case null, default -> {
              // Nothing else selects workloads.
            }
          }
        }
      }
    }
    return services;
  }

  /**
   * What is around a workload.
   *
   * @param policyLabels by which policies select it
   */
  WorkloadCompile.Surroundings surroundings(
      Metadata workload, List<ServiceView> services, Map<String, String> policyLabels) {
    String gatewayName = workload.label(GATEWAY_NAME);
    Optional<Waypoint> instance =
        gatewayName == null ? Optional.empty() : waypoint(workload.namespace() + '/' + gatewayName);
    WaypointBinding binding =
        instance.isPresent() ? WaypointBinding.NONE : waypoints.forWorkload(workload);
    ApplicationTunnel tunnel = instance.map(Waypoint::binding).orElse(null);
    return new WorkloadCompile.Surroundings(
        services, binding, tunnel, policies(workload.namespace(), policyLabels));
  }

  /**
   * The policies that a workload lists: those that select it, and what PeerAuthentication makes of
   * it.
   */
  List<String> policies(String namespace, Map<String, String> labels) {
    Set<String> selected = new TreeSet<>();
    for (String each : new TreeSet<>(List.of(namespace, settings.rootNamespace()))) {
      ObjectStore.Contents in = store.in(each);
      for (String name : in.selectingPolicies.matching(labels)) {
        AuthorizationPolicy policy = in.policies.get(name);
        if (policy != null && authorizations.convert(policy).authorization() != null) {
          selected.add(each + '/' + name);
        }
      }
    }
    List<String> policies = new ArrayList<>(selected);
    if (store.hasPeerAuthentications()) {
      ObjectStore.Contents in = store.in(namespace);
      List<PeerAuthentication> own = new ArrayList<>();
      for (String name : in.selectingPeerAuthentications.matching(labels)) {
        PeerAuthentication policy = in.peerAuthentications.get(name);
        if (policy != null) {
          own.add(policy);
        }
      }
      policies.addAll(peerAuthentications.applied(own, inherited(namespace)));
    }
    return policies;
  }

  /** What holds in a namespace for workloads that no PeerAuthentication selects. */
  PeerAuthentication.Mode inherited(String namespace) {
    return PeerAuthenticationConversion.inherited(
        unselective(namespace), unselective(settings.rootNamespace()));
  }

  private List<PeerAuthentication> unselective(String namespace) {
    return store.in(namespace).peerAuthentications.values().stream()
        .filter(policy -> policy.selector().isEmpty())
        .toList();
  }

  private Optional<Waypoint> waypoint(String key) {
    int slash = key.indexOf('/');
    Gateway gateway = store.in(key.substring(0, slash)).gateways.get(key.substring(slash + 1));
    return gateway == null ? Optional.empty() : Optional.of(waypoint(gateway));
  }

  Waypoint waypoint(Gateway gateway) {
    return Waypoint.of(gateway, store.gatewayClass(gateway.className()), settings.network());
  }

  /** The selector of a policy that workloads list; empty: none do. */
  Map<String, String> listed(@Nullable MeshObject object) {
    return object instanceof AuthorizationPolicy policy
            && authorizations.convert(policy).authorization() != null
        ? policy.selector()
        : Map.of();
  }
}
