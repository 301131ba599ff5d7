package dev.groundmesh.groundctl.analysis;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.groundmesh.controller.compile.AutoAddresses;
import dev.groundmesh.controller.compile.CompileSettings;
import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.CompiledResources;
import dev.groundmesh.controller.compile.MeshCompiler;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.source.ApiObjectReader;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.controller.source.ReadObject;
import dev.groundmesh.controller.status.ObjectStatus;
import dev.groundmesh.meshapi.proto.workload.Address;
import dev.groundmesh.meshapi.proto.workload.TunnelProtocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All objects together, as they were written and as the controller reads and compiles them.
 * Immutable.
 */
final class World {
  private static final String CLUSTER_ID = "Kubernetes";

  private final AnalysisSettings settings;
  private final Map<ObjectRef, SourceObject> sources;
  private final Map<ObjectKey, MeshObject> objects;
  private final Map<ObjectKey, ReadObject> read;
  private final Map<ObjectKey, SourceObject> pods;
  private final List<Workload> workloads;
  private final CompiledResources compiled;

  private World(
      AnalysisSettings settings,
      Map<ObjectRef, SourceObject> sources,
      Map<ObjectKey, MeshObject> objects,
      Map<ObjectKey, ReadObject> read,
      Map<ObjectKey, SourceObject> pods,
      List<Workload> workloads,
      CompiledResources compiled) {
    this.settings = settings;
    this.sources = sources;
    this.objects = objects;
    this.read = read;
    this.pods = pods;
    this.workloads = workloads;
    this.compiled = compiled;
  }

  /**
   * Reads and compiles objects.
   *
   * @param written of several with one name the last counts
   */
  static World of(Collection<SourceObject> written, AnalysisSettings settings) {
    Map<ObjectRef, SourceObject> sources = new LinkedHashMap<>();
    written.forEach(object -> sources.put(object.ref(), object));
    Map<ObjectKey, ReadObject> read = new LinkedHashMap<>();
    Map<ObjectKey, SourceObject> pods = new LinkedHashMap<>();
    for (SourceObject source : sources.values()) {
      Kind.of(source.apiVersion(), source.ref().kind())
          .flatMap(kind -> ApiObjectReader.read(kind, Namespaced.json(source)))
          .ifPresent(
              object -> {
                read.put(object.key(), object);
                if (object.object() instanceof Pod) {
                  pods.put(object.key(), source);
                }
              });
      PodTemplates.pod(source, pods.size() + 1)
          .flatMap(pod -> ApiObjectReader.read(Kind.POD, pod))
          .ifPresent(
              pod -> {
                read.put(pod.key(), pod);
                pods.put(pod.key(), source);
              });
    }
    CompiledResources compiled = compile(read.values(), settings);
    Map<ObjectKey, MeshObject> objects = new LinkedHashMap<>();
    List<Workload> workloads = new ArrayList<>();
    read.forEach(
        (key, object) -> {
          if (object.object() != null) {
            objects.put(key, object.object());
          }
          if (object.object() instanceof Pod pod && !pod.terminal()) {
            SourceObject source = pods.get(key);
            if (source != null) {
              workloads.add(workload(source, pod, compiled));
            }
          }
        });
    return new World(settings, sources, objects, read, pods, workloads, compiled);
  }

  private static CompiledResources compile(Collection<ReadObject> read, AnalysisSettings settings) {
    AtomicReference<CompiledResources> published = new AtomicReference<>(CompiledResources.empty());
    MeshCompiler compiler =
        new MeshCompiler(
            new CompileSettings(
                CLUSTER_ID,
                "",
                settings.trustDomain(),
                settings.rootNamespace(),
                "cluster.local",
                settings.excludedNamespaces(),
                settings.denyWhatL4CannotMatch(),
                false,
                true,
                true,
                false),
            AutoAddresses.inMemory(),
            (snapshot, delta) -> published.set(snapshot),
            (changed, removed) -> {});
    List<ObjectChange> changes = new ArrayList<>();
    for (ReadObject object : read) {
      if (object.object() != null) {
        changes.add(new ObjectChange.Put(object.object(), object.warnings()));
      }
    }
    compiler.changed(changes);
    return Objects.requireNonNull(published.get());
  }

  private static Workload workload(SourceObject source, Pod pod, CompiledResources compiled) {
    Metadata metadata = pod.metadata();
    CompiledResource resource =
        compiled.address(CLUSTER_ID + "//Pod/" + metadata.namespace() + '/' + metadata.name());
    if (resource == null) {
      return new Workload(source, pod, false, List.of(), Set.of());
    }
    var workload = address(resource).getWorkload();
    return new Workload(
        source,
        pod,
        workload.getTunnelProtocol() == TunnelProtocol.HBONE,
        workload.getAuthorizationPoliciesList(),
        workload.getServicesMap().keySet());
  }

  private static Address address(CompiledResource resource) {
    try {
      return Address.parseFrom(resource.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(resource.name() + ": what was compiled can be read", e);
    }
  }

  AnalysisSettings settings() {
    return settings;
  }

  Collection<SourceObject> sources() {
    return sources.values();
  }

  /** The object as it was written; null where it was not. */
  @Nullable SourceObject source(ObjectRef ref) {
    return sources.get(ref);
  }

  /** The same of an object that the controller reads; of a template's pod, who has the template. */
  @Nullable SourceObject sourceOf(ObjectKey key) {
    SourceObject pod = pods.get(key);
    return pod != null ? pod : sources.get(ObjectRef.of(key));
  }

  /** An object that can be used. */
  Optional<MeshObject> object(ObjectKey key) {
    return Optional.ofNullable(objects.get(key));
  }

  /** The usable objects of one type, with how they were written. */
  <T extends MeshObject> Map<SourceObject, T> all(Class<T> type) {
    Map<SourceObject, T> found = new LinkedHashMap<>();
    objects.forEach(
        (key, object) -> {
          SourceObject source = sourceOf(key);
          if (type.isInstance(object) && source != null) {
            found.put(source, type.cast(object));
          }
        });
    return found;
  }

  /** Every object of a kind that the mesh reads, usable or not. */
  Collection<ReadObject> read() {
    return read.values();
  }

  /** Pods, and those of templates. */
  List<Workload> workloads() {
    return workloads;
  }

  /** Whether labels ask for the workload to be in the mesh, whatever keeps it out. */
  boolean asksForMesh(Workload workload) {
    String own = workload.labels().get(LabelCheck.DATAPLANE_MODE);
    if (own != null) {
      return own.equals("ambient");
    }
    return object(new ObjectKey(Kind.NAMESPACE, "", workload.namespace()))
        .map(namespace -> "ambient".equals(namespace.metadata().label(LabelCheck.DATAPLANE_MODE)))
        .orElse(false);
  }

  List<Workload> workloadsOf(String namespace) {
    return workloads.stream().filter(workload -> workload.namespace().equals(namespace)).toList();
  }

  /** What the controller tells of each object. */
  Collection<ObjectStatus> statuses() {
    return compiled.statuses();
  }
}
