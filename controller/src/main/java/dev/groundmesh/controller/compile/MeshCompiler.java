package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.Gateway;
import dev.groundmesh.controller.model.GatewayClass;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.model.ServiceEntry;
import dev.groundmesh.controller.model.WorkloadAddress;
import dev.groundmesh.controller.model.WorkloadEntry;
import dev.groundmesh.controller.policy.AuthorizationConversion;
import dev.groundmesh.controller.policy.Conversion;
import dev.groundmesh.controller.policy.PeerAuthenticationConversion;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ObjectListener;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.controller.status.StatusSink;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.workload.ApplicationTunnel;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns objects into resources. Confined to the source's thread; the work of a change is in
 * proportion to its reach.
 */
public final class MeshCompiler implements ObjectListener {

  private static final String VALID = "groundmesh.dev/Valid";
  private static final String WAYPOINT_ACCEPTED = "WaypointAccepted";
  private static final String GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";
  private static final String DENIES =
      "until it is corrected, what it selects is denied: no good version of it is known";
  private static final Metadata NOTHING_KNOWN = Metadata.named("", "", Map.of());
  private static final String WAYPOINT_CONTROLLER = "istio.io/mesh-controller";

  private final CompileSettings settings;
  private final AutoAddresses autoAddresses;
  private final ResourceSink resources;
  private final StatusSink statuses;

  private final ObjectStore store;
  private final Encoder encoder = new Encoder();
  private final ServiceCompile serviceCompile;
  private final WorkloadCompile workloadCompile;
  private final WaypointResolver waypointResolver;
  private final AuthorizationConversion authorizations;
  private final PeerAuthenticationConversion peerAuthentications;

  /** The names of what each object became, but for pods, whose are derived. */
  private final Map<ObjectKey, Set<String>> outputs = new HashMap<>();

  private final Map<ObjectKey, List<Problem>> problems = new HashMap<>();

  /** Versions that are not in effect, by what they are. */
  private final Map<ObjectKey, Metadata> rejected = new HashMap<>();

  /** Policies that deny in place of a version that cannot be used. */
  private final Set<ObjectKey> standIns = new HashSet<>();

  private final Map<ObjectKey, List<Condition>> conditions = new HashMap<>();

  private CompiledResources snapshot = CompiledResources.empty();
  private SnapshotBuilder next = new SnapshotBuilder(snapshot);
  private Dirty dirty = new Dirty();
  private boolean started;
  private boolean hadPeerAuthentications;

  private long workloadsCompiled;
  private long servicesCompiled;
  private long policiesCompiled;
  private long scanned;

  /** What is to be compiled anew. */
  private static final class Dirty {
    final Set<ObjectKey> services = new LinkedHashSet<>();
    final Set<ObjectKey> workloads = new LinkedHashSet<>();
    final Set<ObjectKey> policies = new LinkedHashSet<>();
    final Set<ObjectKey> statuses = new LinkedHashSet<>();
  }

  /**
   * A compile that knows no objects yet.
   *
   * @param autoAddresses where services without an address get one
   * @param resources told of every change of the resources; its first call brings everything there
   *     is at the start
   */
  public MeshCompiler(
      CompileSettings settings,
      AutoAddresses autoAddresses,
      ResourceSink resources,
      StatusSink statuses) {
    this.settings = settings;
    this.autoAddresses = autoAddresses;
    this.resources = resources;
    this.statuses = statuses;
    this.store = new ObjectStore(settings.clusterDomain());
    this.serviceCompile = new ServiceCompile(settings, encoder);
    this.workloadCompile = new WorkloadCompile(settings, encoder);
    this.waypointResolver = new WaypointResolver(this::waypoint, store::namespace, settings);
    this.authorizations =
        new AuthorizationConversion(
            settings.rootNamespace(),
            settings.trustDomain(),
            settings.denyWhatL4CannotMatch(),
            settings.allowDryRun());
    this.peerAuthentications = new PeerAuthenticationConversion(settings.rootNamespace());
  }

  /** The work done so far; to be asked on the compile's thread. */
  public CompileWork work() {
    return new CompileWork(workloadsCompiled, servicesCompiled, policiesCompiled, scanned);
  }

  @Override
  public void changed(List<ObjectChange> changes) {
    dirty = new Dirty();
    next = new SnapshotBuilder(snapshot);
    for (ObjectChange change : changes) {
      apply(change);
    }
    compile();
    publish();
  }

  private void apply(ObjectChange change) {
    switch (change) {
      case ObjectChange.Put put -> {
        ObjectKey key = put.object().key();
        note(key, put.warnings(), null);
        standIns.remove(key);
        MeshObject old = store.get(key);
        store.put(put.object());
        reach(old, put.object());
      }
      case ObjectChange.Remove remove -> {
        note(remove.key(), List.of(), null);
        standIns.remove(remove.key());
        MeshObject old = store.remove(remove.key());
        if (old != null) {
          reach(old, null);
        }
      }
      case ObjectChange.Rejected bad -> {
        note(bad.key(), bad.problems(), bad.metadata());
        MeshObject known = store.get(bad.key());
        MeshObject standIn = bad.standIn();
        if (standIn != null && (known == null || standIns.contains(bad.key()))) {
          standIns.add(bad.key());
          store.put(standIn);
          reach(known, standIn);
        }
      }
      case ObjectChange.FileState file -> fileStatus(file);
    }
  }

  private void note(ObjectKey key, List<Problem> found, @Nullable Metadata bad) {
    dirty.statuses.add(key);
    if (found.isEmpty()) {
      problems.remove(key);
    } else {
      problems.put(key, found);
    }
    if (bad != null) {
      rejected.put(key, bad);
    } else {
      rejected.remove(key);
    }
  }

  private void fileStatus(ObjectChange.FileState file) {
    String key = "Manifest//" + file.file();
    if (file.problems().isEmpty()) {
      next.removeStatus(key);
    } else {
      next.putStatus(
          key,
          new ObjectStatus(
              "Manifest",
              "",
              file.file(),
              "",
              "",
              0,
              List.of(new Condition(VALID, false, "Invalid", messages(file.problems()))),
              List.of()));
    }
  }

  // ---------------------------------------------------------------- what a change reaches

  private void reach(@Nullable MeshObject old, @Nullable MeshObject now) {
    MeshObject either = now != null ? now : old;
    if (either == null) {
      return;
    }
    ObjectKey key = either.key();
    switch (either) {
      case Pod pod -> reachPod(key, old instanceof Pod was ? was : null);
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
        compileNamespace(now instanceof Namespace is ? is : null, key.name());
        reachNamespace(old, now);
      }
      case Node node -> reachNode(old, now);
      case Gateway gateway -> reachGateway(key, old, now);
      case GatewayClass gatewayClass -> reachGatewayClass(key);
      case AuthorizationPolicy policy -> reachPolicy(old, now);
      case PeerAuthentication policy -> reachPeerAuthentication(old, now);
      case dev.groundmesh.controller.model.ServiceAccount account -> {
        // Nothing is derived from it: pods name their account themselves.
      }
    }
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

  private void reachPod(ObjectKey key, @Nullable Pod old) {
    dirty.workloads.add(key);
    if (old != null) {
      // It may have moved: the node it was on must not go on knowing it.
      next.removePod(old.node(), key.namespace(), key.name(), store.node(old.node()) != null);
      next.removeEnrolment(old.node(), workloadCompile.podUid(key.namespace(), key.name()));
    }
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

  private void compileNamespace(@Nullable Namespace namespace, String name) {
    if (namespace == null) {
      next.removeNamespace(name);
    } else {
      next.putNamespace(
          encoder.encode(
              ResourceType.NAMESPACE_ENROLMENT,
              name,
              Enrolment.namespace(namespace, settings),
              List.of(),
              null));
    }
  }

  private void reachNode(@Nullable MeshObject old, @Nullable MeshObject now) {
    if (now == null && old != null) {
      next.removeNode(old.metadata().name());
    } else if (now != null) {
      next.putNode(now.metadata().name());
    }
    Optional<?> before = WorkloadCompile.locality(old instanceof Node node ? node : null);
    Optional<?> after = WorkloadCompile.locality(now instanceof Node node ? node : null);
    MeshObject either = now != null ? now : old;
    if (either != null && !before.equals(after)) {
      for (NodePods.NodePod pod : next.pods(either.metadata().name()).all()) {
        dirty.workloads.add(new ObjectKey(Kind.POD, pod.namespace(), pod.name()));
      }
    }
  }

  private void reachGateway(ObjectKey key, @Nullable MeshObject old, @Nullable MeshObject now) {
    dirty.policies.addAll(store.policiesFor(key));
    if (old instanceof Gateway was
        && now instanceof Gateway is
        && waypoint(was).equals(waypoint(is))) {
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
    reachWorkloads(gateway.namespace(), labels -> gateway.name().equals(labels.get(GATEWAY_NAME)));
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
    Map<String, String> before = listed(old);
    Map<String, String> after = listed(now);
    for (MeshObject version : versions(old, now)) {
      dirty.policies.add(version.key());
      Map<String, String> selector = listed(version);
      if (!before.equals(after) && !selector.isEmpty()) {
        reachWorkloadsUnder(
            version.metadata().namespace(),
            labels -> labels.entrySet().containsAll(selector.entrySet()));
      }
    }
  }

  /** The selector of a policy that workloads list; empty: none do. */
  private Map<String, String> listed(@Nullable MeshObject object) {
    return object instanceof AuthorizationPolicy policy
            && authorizations.convert(policy).authorization() != null
        ? policy.selector()
        : Map.of();
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

  // ---------------------------------------------------------------- compiling it anew

  private void compile() {
    for (ObjectKey key : dirty.services) {
      compileService(key);
      dirty.policies.addAll(store.policiesFor(key));
    }
    for (ObjectKey key : dirty.policies) {
      compilePolicy(key);
    }
    compileStaticStrict();
    for (ObjectKey key : dirty.workloads) {
      compileWorkload(key);
    }
    for (ObjectKey key : dirty.statuses) {
      compileStatus(key);
    }
  }

  private void compileService(ObjectKey key) {
    servicesCompiled++;
    Set<String> names = new TreeSet<>();
    MeshObject object = store.get(key);
    Namespace namespace = store.namespace(key.namespace());
    List<Condition> told = new ArrayList<>();
    List<String> assignedTexts = new ArrayList<>();
    Set<String> assignedHosts = new HashSet<>();
    if (object != null && !store.hosts(object).isEmpty()) {
      WaypointBinding waypoint = waypointResolver.forService(object.metadata());
      if (waypoint.condition() != null) {
        told.add(waypoint.condition());
      }
      String distribution = ServiceCompile.unknownDistribution(object.metadata());
      if (distribution != null) {
        told.add(
            new Condition("groundmesh.dev/TrafficDistribution", false, "Invalid", distribution));
      }
      for (String host : store.hosts(object)) {
        if (!store.describes(key, host)) {
          told.add(
              new Condition(
                  "groundmesh.dev/HostAccepted",
                  false,
                  "HostConflict",
                  "spec.hosts: "
                      + host
                      + " (expected: a host that no Service or older ServiceEntry of namespace "
                      + key.namespace()
                      + " has)"));
          continue;
        }
        List<byte[]> assigned = assigned(object, host);
        if (!assigned.isEmpty()) {
          assignedHosts.add(host);
          assigned.forEach(bytes -> assignedTexts.add(IpAddresses.format(bytes)));
        }
        CompiledResource resource =
            switch (object) {
              case Service service ->
                  serviceCompile.service(service, host, assigned, namespace, waypoint);
              case ServiceEntry entry ->
                  serviceCompile.entry(
                      entry, host, assigned, store.isCanonical(key, host), namespace, waypoint);
              default -> throw new IllegalStateException(key + ": (expected: a service)");
            };
        next.putAddress(resource);
        names.add(resource.name());
      }
    }
    autoAddresses.retain(key.toString().replace(' ', '/'), assignedHosts);
    replaceOutputs(key, Role.SERVICE, names);
    tell(key, told, assignedTexts);
  }

  private List<byte[]> assigned(MeshObject object, String host) {
    String owner = object.key().toString().replace(' ', '/');
    return switch (object) {
      case Service service -> {
        if (!settings.assignClusterIps() || service.headless() || !service.clusterIps().isEmpty()) {
          yield List.of();
        }
        List<byte[]> both = autoAddresses.of(owner, host, List.of());
        yield service.ipFamilies().isEmpty()
            ? both
            : both.stream()
                .filter(a -> service.ipFamilies().contains(a.length == 4 ? "IPv4" : "IPv6"))
                .toList();
      }
      case ServiceEntry entry ->
          entry.takesAutoAddress(host)
              ? autoAddresses.of(
                  owner, host, entry.assignedAddresses().getOrDefault(host, List.of()))
              : List.of();
      default -> List.of();
    };
  }

  private void compilePolicy(ObjectKey key) {
    policiesCompiled++;
    String name = key.qualifiedName();
    MeshObject object = store.get(key);
    switch (object) {
      case AuthorizationPolicy policy -> {
        Conversion conversion = authorizations.convert(policy);
        putAuthorization(name, conversion.authorization());
        List<Condition> told = new ArrayList<>();
        if (standIns.contains(key)) {
          told.add(new Condition(AuthorizationConversion.CONDITION, false, "Invalid", DENIES));
        } else if (conversion.condition() != null) {
          told.add(conversion.condition());
        }
        if (!policy.targets().isEmpty()) {
          told.add(waypointAccepted(policy));
        }
        tell(key, told, List.of());
      }
      case PeerAuthentication policy -> {
        Optional<Authorization> portLevel =
            policy.selector().isEmpty()
                ? Optional.empty()
                : peerAuthentications.portLevel(policy, inherited(key.namespace()));
        Set<String> names = new TreeSet<>();
        portLevel.ifPresent(
            authorization -> {
              String portLevelName = authorization.getNamespace() + '/' + authorization.getName();
              putAuthorization(portLevelName, authorization);
              names.add(portLevelName);
            });
        replaceOutputs(key, Role.POLICY, names);
      }
      case null -> {
        if (key.kind() == Kind.AUTHORIZATION_POLICY) {
          next.removeAuthorization(name);
        } else {
          replaceOutputs(key, Role.POLICY, Set.of());
        }
        tell(key, List.of(), List.of());
      }
      default -> {
        // Only policies are ever noted as such.
      }
    }
  }

  private void putAuthorization(String name, @Nullable Authorization authorization) {
    if (authorization == null) {
      next.removeAuthorization(name);
    } else {
      next.putAuthorization(
          encoder.encode(ResourceType.AUTHORIZATION, name, authorization, List.of(), null));
    }
  }

  private void compileStaticStrict() {
    boolean has = store.hasPeerAuthentications();
    if (has != hadPeerAuthentications) {
      hadPeerAuthentications = has;
      putAuthorization(
          peerAuthentications.staticStrictName(), has ? peerAuthentications.staticStrict() : null);
    }
  }

  private Condition waypointAccepted(AuthorizationPolicy policy) {
    List<String> messages = new ArrayList<>();
    String reason = "Accepted";
    for (ObjectKey target : ObjectStore.targets(policy)) {
      String problem = unbound(policy, target);
      if (problem.isEmpty()) {
        messages.add("bound by " + target);
      } else {
        reason = problem;
        messages.add("spec.targetRefs: " + target + " (expected: " + expected(problem) + ')');
      }
    }
    return new Condition(
        WAYPOINT_ACCEPTED, reason.equals("Accepted"), reason, String.join("; ", messages));
  }

  private String unbound(AuthorizationPolicy policy, ObjectKey target) {
    MeshObject object = store.get(target);
    if (target.kind() == Kind.GATEWAY_CLASS
        && !policy.metadata().namespace().equals(settings.rootNamespace())) {
      return "Invalid";
    }
    return switch (object) {
      case null -> "TargetNotFound";
      case GatewayClass gatewayClass ->
          gatewayClass.controllerName().equals(WAYPOINT_CONTROLLER) ? "" : "Invalid";
      case Gateway gateway -> waypoint(gateway).address() != null ? "" : "TargetNotFound";
      default ->
          waypointResolver.forService(object.metadata()).waypoint() != null
              ? ""
              : "AncestorNotBound";
    };
  }

  private String expected(String problem) {
    return switch (problem) {
      case "Invalid" ->
          "a GatewayClass of controller "
              + WAYPOINT_CONTROLLER
              + ", by a policy in namespace "
              + settings.rootNamespace();
      case "TargetNotFound" -> "an object that exists, and a Gateway to have an address";
      default -> "a service that has a waypoint";
    };
  }

  private void compileWorkload(ObjectKey key) {
    workloadsCompiled++;
    MeshObject object = store.get(key);
    switch (key.kind()) {
      case POD -> compilePod(key, object instanceof Pod pod ? pod : null);
      case WORKLOAD_ENTRY -> {
        Set<String> names = new TreeSet<>();
        if (object instanceof WorkloadEntry entry) {
          Metadata metadata = entry.metadata();
          var surroundings = surroundings(metadata, servicesSelecting(metadata), metadata.labels());
          names.add(put(workloadCompile.entry(entry, surroundings)));
          Condition bound = surroundings.waypoint().condition();
          tell(key, bound == null ? List.of() : List.of(bound), List.of());
        } else {
          tell(key, List.of(), List.of());
        }
        replaceOutputs(key, Role.WORKLOAD, names);
      }
      case SERVICE_ENTRY -> {
        Set<String> names = new TreeSet<>();
        if (object instanceof ServiceEntry entry) {
          compileEndpoints(entry, names);
        }
        replaceOutputs(key, Role.WORKLOAD, names);
      }
      case ENDPOINT_SLICE -> {
        Set<String> names = new TreeSet<>();
        if (object instanceof EndpointSlice slice) {
          compileEndpoints(slice, names);
        }
        replaceOutputs(key, Role.WORKLOAD, names);
      }
      default -> {
        // Only workloads are ever noted as such.
      }
    }
  }

  private String put(CompiledResource resource) {
    next.putAddress(resource);
    return resource.name();
  }

  private void compilePod(ObjectKey key, @Nullable Pod pod) {
    String uid = workloadCompile.podUid(key.namespace(), key.name());
    if (pod == null || pod.terminal()) {
      next.removeAddress(uid);
      tell(key, List.of(), List.of());
      if (pod != null) {
        boolean known = store.node(pod.node()) != null;
        next.removePod(pod.node(), key.namespace(), key.name(), known);
        next.removeEnrolment(pod.node(), uid);
      }
      return;
    }
    Metadata metadata = pod.metadata();
    if (!pod.node().isEmpty()) {
      next.putPod(
          pod.node(),
          new NodePods.NodePod(
              metadata.namespace(), metadata.name(), pod.serviceAccount(), metadata.uid()));
    }
    boolean enrolled = Enrolment.isEnrolled(pod, store.namespace(metadata.namespace()), settings);
    if (!pod.hostNetwork() && !pod.node().isEmpty()) {
      next.putEnrolment(
          pod.node(),
          encoder.encode(
              ResourceType.POD_ENROLMENT,
              uid,
              Enrolment.enrolment(pod, uid, enrolled),
              List.of(),
              pod.node()));
    } else {
      next.removeEnrolment(pod.node(), uid);
    }
    List<Condition> told = new ArrayList<>();
    for (String mistake : Enrolment.mistakes(metadata)) {
      told.add(new Condition("groundmesh.dev/EnrolmentSettings", false, "Invalid", mistake));
    }
    if (pod.addresses().isEmpty()) {
      next.removeAddress(uid);
    } else {
      var surroundings = surroundings(metadata, servicesOf(pod), metadata.labels());
      next.putAddress(workloadCompile.pod(pod, enrolled, store.node(pod.node()), surroundings));
      Condition bound = surroundings.waypoint().condition();
      if (bound != null && (!bound.status() || metadata.label(WaypointLabels.USE) != null)) {
        told.add(bound);
      }
    }
    tell(key, told, List.of());
  }

  private List<ServiceView> servicesOf(Pod pod) {
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

  private List<ServiceView> servicesSelecting(Metadata workload) {
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

  private void compileEndpoints(ServiceEntry entry, Set<String> names) {
    List<ServiceView> services = new ArrayList<>();
    for (String host : entry.hosts()) {
      if (store.describes(entry.key(), host)) {
        services.add(ServiceView.of(entry, host));
      }
    }
    if (services.isEmpty()) {
      return;
    }
    Metadata metadata = entry.metadata();
    if (!entry.endpoints().isEmpty()) {
      for (ServiceEntry.Endpoint endpoint : entry.endpoints()) {
        Metadata own = Metadata.named(metadata.namespace(), metadata.name(), endpoint.labels());
        names.add(
            put(
                workloadCompile.endpoint(
                    entry, endpoint.at(), surroundings(own, services, metadata.labels()))));
      }
      return;
    }
    if (entry.resolution().resolvesHost() && entry.workloadSelector().isEmpty()) {
      for (ServiceView service : services) {
        String host = service.name().substring(metadata.namespace().length() + 1);
        WorkloadAddress at = new WorkloadAddress(host, Map.of(), "", "", 0, "");
        names.add(
            put(
                workloadCompile.endpoint(
                    entry,
                    at,
                    new WorkloadCompile.Surroundings(
                        List.of(service),
                        WaypointBinding.NONE,
                        null,
                        policies(metadata.namespace(), metadata.labels())))));
      }
    }
  }

  private void compileEndpoints(EndpointSlice slice, Set<String> names) {
    Service service = store.in(slice.metadata().namespace()).services.get(slice.service());
    if (service == null || service.externalName()) {
      return;
    }
    for (EndpointSlice.Endpoint endpoint : slice.endpoints()) {
      if (endpoint.pod().isEmpty() && !endpoint.addresses().isEmpty()) {
        names.add(put(workloadCompile.endpoint(slice, endpoint, service, store.host(service))));
      }
    }
  }

  private WorkloadCompile.Surroundings surroundings(
      Metadata workload, List<ServiceView> services, Map<String, String> policyLabels) {
    String gatewayName = workload.label(GATEWAY_NAME);
    Optional<Waypoint> instance =
        gatewayName == null ? Optional.empty() : waypoint(workload.namespace() + '/' + gatewayName);
    WaypointBinding binding =
        instance.isPresent() ? WaypointBinding.NONE : waypointResolver.forWorkload(workload);
    ApplicationTunnel tunnel = instance.map(Waypoint::binding).orElse(null);
    return new WorkloadCompile.Surroundings(
        services, binding, tunnel, policies(workload.namespace(), policyLabels));
  }

  /**
   * The policies that a workload lists: those that select it, and what PeerAuthentication makes of
   * it.
   */
  private List<String> policies(String namespace, Map<String, String> labels) {
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

  private PeerAuthentication.Mode inherited(String namespace) {
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

  private Waypoint waypoint(Gateway gateway) {
    return Waypoint.of(gateway, store.gatewayClass(gateway.className()), settings.network());
  }

  // ---------------------------------------------------------------- outputs and statuses

  /**
   * A service entry is both a service and workloads: what it became as the one is not what it
   * became as the other.
   */
  private enum Role {
    SERVICE,
    WORKLOAD,
    POLICY
  }

  private final Map<ObjectKey, Set<String>> workloadOutputs = new HashMap<>();

  private void replaceOutputs(ObjectKey key, Role role, Set<String> names) {
    Map<ObjectKey, Set<String>> kept = role == Role.WORKLOAD ? workloadOutputs : outputs;
    Set<String> before = names.isEmpty() ? kept.remove(key) : kept.put(key, names);
    if (before == null) {
      return;
    }
    for (String name : before) {
      if (!names.contains(name)) {
        if (role == Role.POLICY) {
          next.removeAuthorization(name);
        } else {
          removeUnlessAnothers(key, name);
        }
      }
    }
  }

  /** A host that one object gives up may be another's by now. */
  private void removeUnlessAnothers(ObjectKey key, String name) {
    for (ObjectKey other : dirty.services) {
      if (!other.equals(key) && outputs.getOrDefault(other, Set.of()).contains(name)) {
        return;
      }
    }
    next.removeAddress(name);
  }

  private final Map<ObjectKey, List<String>> assignedAddresses = new HashMap<>();

  private void tell(ObjectKey key, List<Condition> told, List<String> addresses) {
    List<Condition> before =
        told.isEmpty() ? conditions.remove(key) : conditions.put(key, List.copyOf(told));
    List<String> addressesBefore =
        addresses.isEmpty()
            ? assignedAddresses.remove(key)
            : assignedAddresses.put(key, List.copyOf(addresses));
    if (!told.equals(Objects.requireNonNullElse(before, List.of()))
        || !addresses.equals(Objects.requireNonNullElse(addressesBefore, List.of()))) {
      dirty.statuses.add(key);
    }
  }

  private void compileStatus(ObjectKey key) {
    List<Condition> all = new ArrayList<>();
    List<Problem> found = problems.get(key);
    if (found != null) {
      boolean bad = rejected.containsKey(key);
      String effect = bad ? "; " + effectOfRejected(key) : "";
      all.add(
          new Condition(
              VALID, !bad, bad ? "Invalid" : "PartlyUnderstood", messages(found) + effect));
    }
    all.addAll(conditions.getOrDefault(key, List.of()));
    List<String> addresses = assignedAddresses.getOrDefault(key, List.of());
    String statusKey = key.kind().text() + '/' + key.namespace() + '/' + key.name();
    if (all.isEmpty() && addresses.isEmpty()) {
      next.removeStatus(statusKey);
      return;
    }
    MeshObject object = store.get(key);
    Metadata spokenOf =
        rejected.getOrDefault(key, object == null ? NOTHING_KNOWN : object.metadata());
    next.putStatus(
        statusKey,
        new ObjectStatus(
            key.kind().text(),
            key.namespace(),
            key.name(),
            spokenOf.contentHash(),
            spokenOf.uid(),
            spokenOf.generation(),
            all,
            addresses));
  }

  private String effectOfRejected(ObjectKey key) {
    if (standIns.contains(key)) {
      return DENIES;
    }
    return store.get(key) == null ? "not in effect" : "the last good version stays in effect";
  }

  private static String messages(List<Problem> problems) {
    return String.join("; ", problems.stream().map(Problem::message).toList());
  }

  private void publish() {
    if (!started) {
      autoAddresses.retainOnlyAsked();
    }
    autoAddresses.save();
    ResourceDelta delta = next.delta();
    boolean tells =
        !delta.isEmpty()
            || !next.updatedStatuses().isEmpty()
            || !next.removedStatuses().isEmpty()
            || next.podsChanged();
    if (tells || !started) {
      started = true;
      snapshot = next.build();
      resources.publish(snapshot, delta);
      statuses.statuses(List.copyOf(next.updatedStatuses()), List.copyOf(next.removedStatuses()));
    }
  }
}
