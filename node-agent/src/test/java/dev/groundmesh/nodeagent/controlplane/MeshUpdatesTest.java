package dev.groundmesh.nodeagent.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryResponse;
import dev.groundmesh.meshapi.proto.discovery.Resource;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.ResourceType;
import dev.groundmesh.meshapi.wire.WireWriter;
import dev.groundmesh.nodeagent.state.LastGoodState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
          resource(ResourceType.ADDRESS, uid(i), WireWriter.address(workload).toByteString()));
    }
    return response.build();
  }

  private static DeltaDiscoveryResponse enrolments(int count) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder().setTypeUrl(ResourceType.POD_ENROLMENT.typeUrl());
    for (int i = 0; i < count; i++) {
      PodEnrolment enrolment =
          new PodEnrolment(
              uid(i),
              "shop",
              "web-" + i,
              "web",
              "runtime-" + i,
              List.of(IpAddress.parse("10.0.0.1")),
              false,
              PodEnrolment.DnsCapture.DEFAULT,
              List.of(),
              true);
      response.addResources(
          resource(
              ResourceType.POD_ENROLMENT, uid(i), WireWriter.enrolment(enrolment).toByteString()));
    }
    return response.build();
  }

  private static DeltaDiscoveryResponse denyAll() {
    AuthorizationPolicy policy =
        new AuthorizationPolicy(
            "shop",
            "deny-all",
            AuthorizationPolicy.Scope.NAMESPACE,
            AuthorizationPolicy.Action.ALLOW,
            List.of(),
            false,
            List.of());
    return DeltaDiscoveryResponse.newBuilder()
        .setTypeUrl(ResourceType.AUTHORIZATION.typeUrl())
        .addResources(
            resource(
                ResourceType.AUTHORIZATION,
                "shop/deny-all",
                WireWriter.authorization(policy).toByteString()))
        .build();
  }

  private static Resource resource(ResourceType type, String name, ByteString body) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion("1")
        .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(body))
        .build();
  }

  private void apply(DeltaDiscoveryResponse response) {
    ResourceType type = requireNonNull(ResourceType.fromTypeUrl(response.getTypeUrl()));
    try (LastGoodState state = LastGoodState.open(directory)) {
      new MeshUpdates(new MeshStore(MeshSnapshot.EMPTY), state, _ -> {})
          .handlerOf(type)
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
  void noPodIsInForceBeforeThePoliciesAreWhicheverCameFirst() {
    apply(enrolments(450));
    apply(denyAll());
    MeshStore store = new MeshStore(MeshSnapshot.EMPTY);
    List<Integer> policiesThen = new ArrayList<>();
    store.addListener(
        change -> {
          if (!change.enrolments().isEmpty()) {
            policiesThen.add(change.after().policies().size());
          }
        });

    try (LastGoodState state = LastGoodState.open(directory)) {
      new MeshUpdates(store, state, _ -> {}).load();
    }

    assertThat(store.current().enrolments()).hasSize(450);
    assertThat(policiesThen).containsOnly(1);
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
