package dev.groundmesh.controller.compile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.model.IpAddresses;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.source.ManifestTexts;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.status.Condition;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.meshapi.proto.enrolment.NamespaceEnrolment;
import dev.groundmesh.meshapi.proto.enrolment.PodEnrolment;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.Service;
import dev.groundmesh.meshapi.proto.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** A compile fed with manifest texts, and what it published, decoded. */
final class TestMesh {

  final List<ResourceDelta> deltas = new ArrayList<>();
  private final ManifestTexts manifests = new ManifestTexts();
  private final MeshCompiler compiler;
  private CompiledResources snapshot = CompiledResources.empty();

  TestMesh() {
    this(CompileSettings.folderDefaults());
  }

  TestMesh(CompileSettings settings) {
    this(settings, AutoAddresses.inMemory());
  }

  TestMesh(CompileSettings settings, AutoAddresses addresses) {
    compiler =
        new MeshCompiler(
            settings,
            addresses,
            (all, delta) -> {
              snapshot = all;
              deltas.add(delta);
            },
            (changed, removed) -> {});
  }

  /** A folder's settings but for these. */
  static CompileSettings settings(boolean refuseWithoutWaypoint, boolean pendingUntilRedirected) {
    CompileSettings folder = CompileSettings.folderDefaults();
    return new CompileSettings(
        folder.clusterId(),
        folder.network(),
        folder.trustDomain(),
        folder.rootNamespace(),
        folder.clusterDomain(),
        folder.excludedNamespaces(),
        folder.denyWhatL4CannotMatch(),
        folder.allowDryRun(),
        refuseWithoutWaypoint,
        folder.assignClusterIps(),
        pendingUntilRedirected);
  }

  /** Writes a file, in place of what it held. */
  TestMesh file(String name, String text) {
    compiler.changed(manifests.write(name, text));
    return this;
  }

  TestMesh delete(String name) {
    compiler.changed(manifests.delete(name));
    return this;
  }

  TestMesh put(MeshObject object) {
    compiler.changed(List.of(new ObjectChange.Put(object, List.of())));
    return this;
  }

  TestMesh changed(List<ObjectChange> changes) {
    compiler.changed(changes);
    return this;
  }

  CompileWork work() {
    return compiler.work();
  }

  CompiledResources snapshot() {
    return snapshot;
  }

  ResourceDelta lastDelta() {
    return deltas.getLast();
  }

  List<String> lastUpdated() {
    return lastDelta().updated().stream().map(CompiledResource::name).toList();
  }

  List<String> lastRemoved() {
    return lastDelta().removed().stream().map(CompiledResource::name).toList();
  }

  Workload pod(String namespace, String name) {
    return workload("Kubernetes//Pod/" + namespace + '/' + name);
  }

  Workload workload(String uid) {
    return address(uid).getWorkload();
  }

  Service service(String name) {
    return address(name).getService();
  }

  private Address address(String name) {
    CompiledResource resource = snapshot.address(name);
    try {
      return Address.parseFrom(Objects.requireNonNull(resource, name).bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(name, e);
    }
  }

  Authorization authorization(String name) {
    CompiledResource resource = snapshot.authorization(name);
    try {
      return Authorization.parseFrom(Objects.requireNonNull(resource, name).bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(name, e);
    }
  }

  List<PodEnrolment> enrolments(String node) {
    List<PodEnrolment> enrolments = new ArrayList<>();
    for (CompiledResource resource : snapshot.enrolments(node)) {
      try {
        enrolments.add(PodEnrolment.parseFrom(resource.bytes()));
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(resource.name(), e);
      }
    }
    return enrolments;
  }

  /** Whether each namespace is ambient, as node agents are told. */
  Map<String, Boolean> ambientNamespaces() {
    Map<String, Boolean> ambient = new TreeMap<>();
    for (CompiledResource resource : snapshot.namespaces()) {
      try {
        ambient.put(resource.name(), NamespaceEnrolment.parseFrom(resource.bytes()).getAmbient());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(resource.name(), e);
      }
    }
    return ambient;
  }

  /** {@code servicePort->targetPort} by service. */
  static SortedMap<String, List<String>> ports(Workload workload) {
    TreeMap<String, List<String>> ports = new TreeMap<>();
    workload
        .getServicesMap()
        .forEach(
            (service, list) ->
                ports.put(
                    service,
                    list.getPortsList().stream()
                        .map(p -> p.getServicePort() + "->" + p.getTargetPort())
                        .toList()));
    return ports;
  }

  static List<String> ips(List<ByteString> addresses) {
    return addresses.stream().map(a -> IpAddresses.format(a.toByteArray())).toList();
  }

  static List<String> vips(Service service) {
    return service.getAddressesList().stream()
        .map(
            a ->
                IpAddresses.format(a.getAddress().toByteArray())
                    + (a.hasLength() ? "/" + a.getLength() : ""))
        .toList();
  }

  /** {@code reason status} of a condition. */
  String condition(String kind, String namespace, String name, String type) {
    Condition condition = conditionOf(kind, namespace, name, type);
    return condition.reason() + ' ' + condition.status();
  }

  Condition conditionOf(String kind, String namespace, String name, String type) {
    return status(kind, namespace, name).conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no condition " + type + " of " + name));
  }

  ObjectStatus status(String kind, String namespace, String name) {
    return snapshot.statuses().stream()
        .filter(
            s -> s.kind().equals(kind) && s.namespace().equals(namespace) && s.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no status of " + kind + ' ' + name));
  }
}
