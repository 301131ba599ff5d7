package dev.groundmesh.nodeagent.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.wire.WireWriter;
import dev.groundmesh.nodeagent.state.LastGoodState;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshUpdatesTest {
  @TempDir Path directory;

  private static String uid(int number) {
    return "Kubernetes//Pod/shop/web-" + number;
  }

  private static DeltaDiscoveryResponse workloads(int count) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder().setTypeUrl(ResourceType.ADDRESS.typeUrl());
    for (int i = 0; i < count; i++) {
      Workload workload =
          Workload.builder(uid(i), new SpiffeId("cluster.local", "shop", "web")).build();
      response.addResources(
          Resource.newBuilder()
              .setName(uid(i))
              .setVersion("1")
              .setResource(
                  Any.newBuilder()
                      .setTypeUrl(ResourceType.ADDRESS.typeUrl())
                      .setValue(WireWriter.address(workload).toByteString())));
    }
    return response.build();
  }

  private void apply(DeltaDiscoveryResponse response) {
    try (LastGoodState state = LastGoodState.open(directory)) {
      new MeshUpdates(new MeshStore(MeshSnapshot.EMPTY), state, _ -> {})
          .handlerOf(ResourceType.ADDRESS)
          .apply(response);
    }
  }

  private MeshSnapshot loaded() {
    MeshStore store = new MeshStore(MeshSnapshot.EMPTY);
    try (LastGoodState state = LastGoodState.open(directory)) {
      new MeshUpdates(store, state, _ -> {}).load();
    }
    return store.current();
  }

  @Test
  void allThatCameIsInForceAfterARestart() {
    apply(workloads(450));
    assertThat(loaded().workloads())
        .extracting(Workload::uid)
        .hasSize(450)
        .contains(uid(0), uid(449));
  }

  @Test
  void whatTheControllerTookBackIsNotInForceAfterARestart() {
    apply(workloads(3));
    apply(
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(ResourceType.ADDRESS.typeUrl())
            .addRemovedResources(uid(1))
            .build());
    assertThat(loaded().workloads())
        .extracting(Workload::uid)
        .containsExactlyInAnyOrder(uid(0), uid(2));
  }
}
