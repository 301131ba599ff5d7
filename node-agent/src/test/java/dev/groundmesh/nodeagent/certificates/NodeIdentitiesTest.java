package dev.groundmesh.nodeagent.certificates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.identity.SpiffeId;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.snapshot.MeshSnapshot;
import dev.groundmesh.meshapi.snapshot.MeshStore;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Removal;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeIdentitiesTest {
  private static final SpiffeId WEB = new SpiffeId("cluster.local", "shop", "web");
  private static final SpiffeId OTHER = new SpiffeId("cluster.local", "shop", "other");

  private final List<String> steps = new ArrayList<>();
  private final MeshStore store = new MeshStore(MeshSnapshot.EMPTY);

  @BeforeEach
  void listen() {
    NodeIdentities identities =
        new NodeIdentities(
            id -> steps.add("hold " + id.serviceAccount()),
            id -> steps.add("drop " + id.serviceAccount()),
            id -> steps.add("drop later " + id.serviceAccount()));
    store.addListener(identities::update);
  }

  private void workload(String uid, SpiffeId identity) {
    store.apply(
        new MeshDelta(
            List.of(new Update<>(Workload.builder(uid, identity).build(), "")),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of()));
  }

  private void enrolment(String uid) {
    enrolment(uid, true);
  }

  private void enrolment(String uid, boolean enrolled) {
    PodEnrolment pod =
        new PodEnrolment(
            uid,
            "shop",
            uid,
            "web",
            uid,
            List.of(IpAddress.parse("10.0.0.1")),
            false,
            PodEnrolment.DnsCapture.DEFAULT,
            List.of(),
            enrolled);
    store.apply(
        new MeshDelta(
            List.of(), List.of(), List.of(), List.of(new Update<>(pod, "")), List.of(), List.of()));
  }

  private void remove(ResourceType type, String name) {
    store.apply(
        new MeshDelta(
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(new Removal(type, name))));
  }

  @Test
  void anEnrolledPodsIdentityIsHeldOnceItsWorkloadIsKnown() {
    enrolment("a");
    assertThat(steps).isEmpty();
    workload("a", WEB);
    assertThat(steps).containsExactly("hold web");
  }

  @Test
  void aPodThatIsNotInTheMeshHasNoIdentityHere() {
    enrolment("a", false);
    workload("a", WEB);
    assertThat(steps).isEmpty();

    enrolment("a", true);
    enrolment("a", false);
    assertThat(steps).containsExactly("hold web", "drop later web");
  }

  @Test
  void workloadsOfOtherNodesAreNotHeld() {
    workload("b", OTHER);
    assertThat(steps).isEmpty();
  }

  @Test
  void anIdentityIsDroppedWithThePod() {
    workload("a", WEB);
    enrolment("a");
    remove(ResourceType.POD_ENROLMENT, "a");
    assertThat(steps).containsExactly("hold web", "drop web");
  }

  @Test
  void anotherIdentityTakesThePlaceOfTheFormer() {
    workload("a", WEB);
    enrolment("a");
    workload("a", OTHER);
    assertThat(steps).containsExactly("hold web", "hold other", "drop web");
  }
}
