package dev.groundmesh.controller.compile;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.EndpointSlice;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.Node;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Pod;
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
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns objects into resources. Confined to the source's thread; the work of a change is in
 * proportion to its reach.
 *
 * <p>What an exception keeps from being compiled stays as it was published, while the rest goes on;
 * it is compiled again with the next call. The first publication waits until nothing is left:
 * agents would take what is missing in it for gone.
 */
public final class MeshCompiler implements ObjectListener {

  private final CompileSettings settings;
  private final AutoAddresses autoAddresses;
  private final ResourceSink resources;
  private final StatusSink statuses;

  private final ObjectStore store;
  private final Encoder encoder = new Encoder();
  private final ServiceCompile serviceCompile;
  private final WorkloadCompile workloadCompile;
  private final AuthorizationConversion authorizations;
  private final PeerAuthenticationConversion peerAuthentications;
  private final Relations relations;
  private final PolicyTargets policyTargets;
  private final StatusBook statusBook = new StatusBook();

  /** The names of what each object became, but for pods, whose are derived. */
  private final Map<ObjectKey, Set<String>> outputs = new HashMap<>();

  /**
   * The same for what a service entry and an endpoint slice became as workloads: that is not what
   * the one became as a service.
   */
  private final Map<ObjectKey, Set<String>> workloadOutputs = new HashMap<>();

  private CompiledResources snapshot = CompiledResources.empty();
  private SnapshotBuilder next = new SnapshotBuilder(snapshot);

  /** Between two calls: what could not be compiled. */
  private Dirty dirty = new Dirty();

  private boolean started;
  private boolean hadPeerAuthentications;

  private long workloadsCompiled;
  private long servicesCompiled;
  private long policiesCompiled;
  private long scanned;

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
    this.authorizations =
        new AuthorizationConversion(
            settings.rootNamespace(),
            settings.trustDomain(),
            settings.denyWhatL4CannotMatch(),
            settings.allowDryRun());
    this.peerAuthentications = new PeerAuthenticationConversion(settings.rootNamespace());
    this.relations = new Relations(store, settings, authorizations, peerAuthentications);
    this.policyTargets = new PolicyTargets(store, relations, settings);
  }

  /** The work done so far; to be asked on the compile's thread. */
  public CompileWork work() {
    return new CompileWork(workloadsCompiled, servicesCompiled, policiesCompiled, scanned);
  }

  /**
   * Compiles what changes reach, and what is left of earlier ones.
   *
   * @throws UnfinishedException if something could not be compiled; all that could be is published
   */
  @Override
  public void changed(List<ObjectChange> changes) {
    UnfinishedException.Collected failures = new UnfinishedException.Collected();
    ChangeReach reach = new ChangeReach(store, relations, settings, next::pods, dirty);
    for (ObjectChange change : changes) {
      apply(change, reach, failures);
    }
    scanned += reach.scanned();
    dirty = compile(failures);
    if (started || dirty.isEmpty()) {
      publish();
    }
    failures.throwAny();
  }

  private void apply(
      ObjectChange change, ChangeReach reach, UnfinishedException.Collected failures) {
    switch (change) {
      case ObjectChange.Put put -> {
        ObjectKey key = put.object().key();
        dirty.statuses.add(key);
        statusBook.accepted(key, put.warnings());
        replace(key, put.object(), reach, failures);
      }
      case ObjectChange.Remove remove -> {
        dirty.statuses.add(remove.key());
        statusBook.removed(remove.key());
        replace(remove.key(), null, reach, failures);
      }
      case ObjectChange.Rejected bad -> {
        dirty.statuses.add(bad.key());
        statusBook.rejected(bad.key(), bad.problems(), bad.metadata());
        MeshObject standIn = bad.standIn();
        if (standIn != null && (store.get(bad.key()) == null || statusBook.isStandIn(bad.key()))) {
          statusBook.standsIn(bad.key());
          replace(bad.key(), standIn, reach, failures);
        }
      }
      case ObjectChange.FileState file -> putStatus(StatusBook.nameOf(file), StatusBook.of(file));
    }
  }

  private void replace(
      ObjectKey key,
      @Nullable MeshObject now,
      ChangeReach reach,
      UnfinishedException.Collected failures) {
    MeshObject old = now == null ? store.remove(key) : store.get(key);
    if (now != null) {
      store.put(now);
    }
    switch (now == null ? old : now) {
      case Pod _ when old instanceof Pod was -> forget(key, was);
      case Node node -> {
        if (now == null) {
          next.removeNode(key.name());
        } else {
          next.putNode(key.name());
        }
      }
      case null, default -> {
        // The rest becomes something only when all changes are known.
      }
    }
    try {
      reach.note(old, now);
    } catch (RuntimeException e) {
      failures.add(key, e);
      reach.noteEverything(key);
    }
  }

  /** A pod may have moved: the node it was on must not go on knowing it. */
  private void forget(ObjectKey key, Pod was) {
    next.removePod(was.node(), key.namespace(), key.name(), store.node(was.node()) != null);
    next.removeEnrolment(was.node(), workloadCompile.podUid(key.namespace(), key.name()));
  }

  private void compileNamespace(ObjectKey key) {
    String name = key.name();
    Namespace namespace = store.namespace(name);
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

  /** Compiles what is dirty; returns what remains of it. */
  private Dirty compile(UnfinishedException.Collected failures) {
    Dirty left = new Dirty();
    each(dirty.namespaces, left.namespaces, failures, this::compileNamespace);
    each(
        dirty.services,
        left.services,
        failures,
        key -> {
          compileService(key);
          dirty.policies.addAll(store.policiesFor(key));
        });
    each(dirty.policies, left.policies, failures, this::compilePolicy);
    compileStaticStrict();
    each(dirty.workloads, left.workloads, failures, this::compileWorkload);
    each(
        dirty.statuses,
        left.statuses,
        failures,
        key -> putStatus(StatusBook.nameOf(key), statusBook.of(key, store.get(key))));
    return left;
  }

  private static void each(
      Set<ObjectKey> keys,
      Set<ObjectKey> left,
      UnfinishedException.Collected failures,
      Consumer<ObjectKey> work) {
    for (ObjectKey key : keys) {
      try {
        work.accept(key);
      } catch (RuntimeException e) {
        failures.add(key, e);
        left.add(key);
      }
    }
  }

  private void compileService(ObjectKey key) {
    servicesCompiled++;
    List<CompiledResource> built = new ArrayList<>();
    MeshObject object = store.get(key);
    Namespace namespace = store.namespace(key.namespace());
    List<Condition> told = new ArrayList<>();
    List<String> assignedTexts = new ArrayList<>();
    Set<String> assignedHosts = new HashSet<>();
    if (object != null && !store.hosts(object).isEmpty()) {
      WaypointBinding waypoint = relations.waypointOfService(object.metadata());
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
        built.add(
            switch (object) {
              case Service service ->
                  serviceCompile.service(service, host, assigned, namespace, waypoint);
              case ServiceEntry entry ->
                  serviceCompile.entry(
                      entry, host, assigned, store.isCanonical(key, host), namespace, waypoint);
              default -> throw new IllegalStateException(key + ": (expected: a service)");
            });
      }
    }
    autoAddresses.retain(key.toString().replace(' ', '/'), assignedHosts);
    replaceOutputs(key, Role.SERVICE, put(built));
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
        if (statusBook.isStandIn(key)) {
          told.add(
              new Condition(
                  AuthorizationConversion.CONDITION, false, "Invalid", StatusBook.DENIES));
        } else if (conversion.condition() != null) {
          told.add(conversion.condition());
        }
        if (!policy.targets().isEmpty()) {
          told.add(policyTargets.condition(policy));
        }
        tell(key, told, List.of());
      }
      case PeerAuthentication policy -> {
        Optional<Authorization> portLevel =
            policy.selector().isEmpty()
                ? Optional.empty()
                : peerAuthentications.portLevel(policy, relations.inherited(key.namespace()));
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
      putAuthorization(
          peerAuthentications.staticStrictName(), has ? peerAuthentications.staticStrict() : null);
      hadPeerAuthentications = has;
    }
  }

  private void compileWorkload(ObjectKey key) {
    workloadsCompiled++;
    MeshObject object = store.get(key);
    switch (key.kind()) {
      case POD -> compilePod(key, object instanceof Pod pod ? pod : null);
      case WORKLOAD_ENTRY -> {
        List<CompiledResource> built = new ArrayList<>();
        if (object instanceof WorkloadEntry entry) {
          Metadata metadata = entry.metadata();
          var surroundings =
              relations.surroundings(
                  metadata, relations.servicesSelecting(metadata), metadata.labels());
          built.add(workloadCompile.entry(entry, surroundings));
          Condition bound = surroundings.waypoint().condition();
          tell(key, bound == null ? List.of() : List.of(bound), List.of());
        } else {
          tell(key, List.of(), List.of());
        }
        replaceOutputs(key, Role.WORKLOAD, put(built));
      }
      case SERVICE_ENTRY -> {
        List<CompiledResource> built = new ArrayList<>();
        if (object instanceof ServiceEntry entry) {
          compileEndpoints(entry, built);
        }
        replaceOutputs(key, Role.WORKLOAD, put(built));
      }
      case ENDPOINT_SLICE -> {
        List<CompiledResource> built = new ArrayList<>();
        if (object instanceof EndpointSlice slice) {
          compileEndpoints(slice, built);
        }
        replaceOutputs(key, Role.WORKLOAD, put(built));
      }
      default -> {
        // Only workloads are ever noted as such.
      }
    }
  }

  /** Puts all that an object became, which nothing can keep from being noted; returns the names. */
  private Set<String> put(List<CompiledResource> built) {
    Set<String> names = new TreeSet<>();
    for (CompiledResource resource : built) {
      next.putAddress(resource);
      names.add(resource.name());
    }
    return names;
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
      var surroundings =
          relations.surroundings(metadata, relations.servicesOf(pod), metadata.labels());
      next.putAddress(workloadCompile.pod(pod, enrolled, store.node(pod.node()), surroundings));
      Condition bound = surroundings.waypoint().condition();
      if (bound != null && (!bound.status() || metadata.label(WaypointLabels.USE) != null)) {
        told.add(bound);
      }
    }
    tell(key, told, List.of());
  }

  private void compileEndpoints(ServiceEntry entry, List<CompiledResource> built) {
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
        built.add(
            workloadCompile.endpoint(
                entry, endpoint.at(), relations.surroundings(own, services, metadata.labels())));
      }
      return;
    }
    if (entry.resolution().resolvesHost() && entry.workloadSelector().isEmpty()) {
      for (ServiceView service : services) {
        String host = service.name().substring(metadata.namespace().length() + 1);
        WorkloadAddress at = new WorkloadAddress(host, Map.of(), "", "", 0, "");
        built.add(
            workloadCompile.endpoint(
                entry,
                at,
                new WorkloadCompile.Surroundings(
                    List.of(service),
                    WaypointBinding.NONE,
                    null,
                    relations.policies(metadata.namespace(), metadata.labels()))));
      }
    }
  }

  private void compileEndpoints(EndpointSlice slice, List<CompiledResource> built) {
    Service service = store.in(slice.metadata().namespace()).services.get(slice.service());
    if (service == null || service.externalName()) {
      return;
    }
    for (EndpointSlice.Endpoint endpoint : slice.endpoints()) {
      if (endpoint.pod().isEmpty() && !endpoint.addresses().isEmpty()) {
        built.add(workloadCompile.endpoint(slice, endpoint, service, store.host(service)));
      }
    }
  }

  private enum Role {
    SERVICE,
    WORKLOAD,
    POLICY
  }

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
    for (ObjectKey other : store.sourcesOf(name.substring(name.indexOf('/') + 1))) {
      if (!other.equals(key) && outputs.getOrDefault(other, Set.of()).contains(name)) {
        return;
      }
    }
    next.removeAddress(name);
  }

  private void tell(ObjectKey key, List<Condition> told, List<String> addresses) {
    if (statusBook.tell(key, told, addresses)) {
      dirty.statuses.add(key);
    }
  }

  private void putStatus(String name, Optional<ObjectStatus> status) {
    if (status.isPresent()) {
      next.putStatus(name, status.get());
    } else {
      next.removeStatus(name);
    }
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
      CompiledResources built = next.build();
      resources.publish(built, delta);
      List<ObjectStatus> updated = List.copyOf(next.updatedStatuses());
      List<ObjectStatus> removed = List.copyOf(next.removedStatuses());
      started = true;
      snapshot = built;
      next = new SnapshotBuilder(snapshot);
      statuses.statuses(updated, removed);
    }
  }
}
