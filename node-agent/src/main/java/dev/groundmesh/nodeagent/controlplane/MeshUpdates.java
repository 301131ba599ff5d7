package dev.groundmesh.nodeagent.controlplane;

import com.google.protobuf.Any;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.reason.ReasonCode;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.DecodedResponse;
import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.wire.ResponseDecoder;
import dev.groundmesh.meshapi.xds.ResourceHandler;
import dev.groundmesh.nodeagent.state.LastGoodState;
import dev.groundmesh.nodeagent.state.ResourceChange;
import dev.groundmesh.nodeagent.state.StoredResource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what the controller sends to the mesh store and remembers it on disk. For the thread that
 * owns the store.
 */
public final class MeshUpdates {
  private static final Logger log = LoggerFactory.getLogger(MeshUpdates.class);
  private static final int LOAD_BATCH = 200;

  private final MeshStore store;
  private final LastGoodState state;
  private final Consumer<ResourceType> received;
  private final ResponseDecoder decoder = new ResponseDecoder();
  private boolean recording = true;

  /**
   * @param received told of the type of each response of the controller once it is in force
   */
  public MeshUpdates(MeshStore store, LastGoodState state, Consumer<ResourceType> received) {
    this.store = store;
    this.state = state;
    this.received = received;
  }

  /**
   * Puts the last good state in force.
   *
   * @return how many resources there were
   */
  public int load() {
    Stored stored = new Stored();
    state.load(stored::add);
    stored.applyAll();
    return stored.count;
  }

  /** What is read from disk, put in force in pieces. */
  private final class Stored {
    private final Map<ResourceType, List<StoredResource>> waiting =
        new EnumMap<>(ResourceType.class);
    private int count;

    void add(StoredResource resource) {
      count++;
      ResourceType type = ResourceType.fromTypeUrl(resource.typeUrl());
      if (type == null) {
        return;
      }
      List<StoredResource> ofType = waiting.computeIfAbsent(type, _ -> new ArrayList<>());
      ofType.add(resource);
      if (ofType.size() == LOAD_BATCH && type != ResourceType.POD_ENROLMENT) {
        apply(type, ofType);
      }
    }

    /** In the types' order: pods, which are served as soon as they are captured, after policies. */
    void applyAll() {
      waiting.forEach(
          (type, resources) -> {
            if (!resources.isEmpty()) {
              apply(type, resources);
            }
          });
    }

    private void apply(ResourceType type, List<StoredResource> resources) {
      MeshUpdates.this.apply(responseOf(type.typeUrl(), resources));
      resources.clear();
    }
  }

  /** Writes no more to disk: a successor does. */
  public void stopRecording() {
    recording = false;
  }

  /** Writes to disk again. */
  public void resumeRecording() {
    recording = true;
  }

  /** For the subscription to one type. */
  public ResourceHandler handlerOf(ResourceType type) {
    return new ResourceHandler() {
      @Override
      public List<DecodedResponse.Rejection> apply(DeltaDiscoveryResponse response) {
        DecodedResponse decoded = MeshUpdates.this.apply(response);
        record(response, decoded);
        received.accept(type);
        return decoded.rejected();
      }

      @Override
      public Map<String, String> versions() {
        Map<String, String> versions = new HashMap<>();
        store.current().forEachVersion(type, versions::put);
        return versions;
      }
    };
  }

  private DecodedResponse apply(DeltaDiscoveryResponse response) {
    DecodedResponse decoded = decoder.decode(response);
    for (DecodedResponse.Limitation limitation : decoded.limited()) {
      log.warn(
          "resource {}: {} reason={}",
          limitation.name(),
          limitation.message(),
          ReasonCode.RESOURCE_LIMITED);
    }
    store.apply(decoded.delta());
    return decoded;
  }

  private void record(DeltaDiscoveryResponse response, DecodedResponse decoded) {
    if (!recording) {
      return;
    }
    Set<String> rejected = new HashSet<>();
    decoded.rejected().forEach(r -> rejected.add(r.name()));
    List<ResourceChange> changes = new ArrayList<>();
    for (Resource resource : response.getResourcesList()) {
      if (!rejected.contains(resource.getName())) {
        changes.add(
            new ResourceChange.Stored(
                new StoredResource(
                    response.getTypeUrl(),
                    resource.getName(),
                    resource.getVersion(),
                    resource.getResource().getValue())));
      }
    }
    response
        .getRemovedResourcesList()
        .forEach(name -> changes.add(new ResourceChange.Removed(response.getTypeUrl(), name)));
    state.record(changes);
  }

  private static DeltaDiscoveryResponse responseOf(String typeUrl, List<StoredResource> resources) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder().setTypeUrl(typeUrl);
    for (StoredResource resource : resources) {
      response.addResources(
          Resource.newBuilder()
              .setName(resource.name())
              .setVersion(resource.version())
              .setResource(Any.newBuilder().setTypeUrl(typeUrl).setValue(resource.body())));
    }
    return response.build();
  }
}
