package dev.groundmesh.controller.xds;

import static dev.groundmesh.controller.compile.TestResources.uid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.compile.CompiledResource;
import dev.groundmesh.controller.compile.TestResources;
import dev.groundmesh.meshapi.proto.discovery.DeltaDiscoveryRequest;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What those who begin are sent: shared where it can be, and complete in any case. */
class ResourceHistoryTest {

  private static final int PODS = 100;

  private final ResourceHistory history = new ResourceHistory(1000);
  private final TestResources resources =
      new TestResources((snapshot, delta) -> history.add(snapshot, delta, 0));

  @BeforeEach
  void publishPods() {
    for (int i = 0; i < PODS; i++) {
      resources.pod("p" + i, "10.0.0." + i, "node-1");
    }
    resources.policy("shop/allow").publish();
  }

  private Whole whole() {
    return history.whole(ResourceType.ADDRESS);
  }

  private static RetainedVersions retained(Map<String, String> versions) throws Exception {
    return RetainedVersions.of(
        DeltaDiscoveryRequest.newBuilder()
            .putAllInitialResourceVersions(versions)
            .build()
            .toByteString());
  }

  private Map<String, String> versions() {
    Map<String, String> versions = new HashMap<>();
    history.newest().addresses().forEach(one -> versions.put(one.name(), one.version()));
    return versions;
  }

  @Test
  void wholeIsSharedByThoseWhoComeWhileLittleChanges() {
    Whole first = whole();
    resources.pod("new", "10.0.1.1", "node-1").publish();
    assertThat(whole()).isSameAs(first);
  }

  @Test
  void whatChangedSinceASharedWholeIsToldAsAChange() {
    Whole first = whole();
    resources.removePod("p1", "node-1").pod("new", "10.0.1.1", "node-1").publish();
    MessageSeries push =
        history
            .push(ResourceType.ADDRESS, whole().revision(), history.newest(), null)
            .orElseThrow();
    assertThat(first.revision()).isLessThan(history.newest().revision());
    assertThat(push.updated()).extracting(CompiledResource::name).containsExactly(uid("new"));
    assertThat(push.removed()).containsExactly(uid("p1"));
  }

  @Test
  void wholeIsMadeAnewWhenMuchHasChanged() {
    Whole first = whole();
    for (int i = 0; i < PODS / 5; i++) {
      resources.pod("p" + i, "10.0.2." + i, "node-1").publish();
    }
    assertThat(whole()).isNotSameAs(first);
    assertThat(whole().revision()).isEqualTo(history.newest().revision());
  }

  @Test
  void wholeIsMadeAnewWhenWhatChangedSinceIsForgotten() {
    ResourceHistory forgetful = new ResourceHistory(2);
    TestResources few = new TestResources((snapshot, delta) -> forgetful.add(snapshot, delta, 0));
    for (int i = 0; i < PODS; i++) {
      few.pod("p" + i, "10.0.0." + i, "node-1");
    }
    few.publish();
    Whole first = forgetful.whole(ResourceType.ADDRESS);
    few.pod("p1", "10.0.1.1", "node-1").publish();
    few.pod("p2", "10.0.1.2", "node-1").publish();
    few.pod("p3", "10.0.1.3", "node-1").publish();
    assertThat(forgetful.whole(ResourceType.ADDRESS)).isNotSameAs(first);
  }

  @Test
  void policiesAreAlwaysTheNewest() {
    Whole first = history.whole(ResourceType.AUTHORIZATION);
    resources.policy("shop/deny").publish();
    assertThat(history.whole(ResourceType.AUTHORIZATION).revision())
        .isGreaterThan(first.revision());
  }

  @Test
  void whoHoldsEverythingIsSentNothing() throws Exception {
    MessageSeries difference = whole().difference(retained(versions()), Set.of(), "a");
    assertThat(difference.isEmpty()).isTrue();
    assertThat(difference.size()).isEqualTo(1);
  }

  @Test
  void whoHoldsOtherThingsIsSentTheDifference() throws Exception {
    Map<String, String> held = versions();
    held.remove(uid("p1"));
    held.put(uid("p2"), "0123456789abcdef");
    held.put(uid("gone"), "0123456789abcdef");
    MessageSeries difference = whole().difference(retained(held), Set.of(), "a");
    assertThat(difference.updated())
        .extracting(CompiledResource::name)
        .containsExactlyInAnyOrder(uid("p1"), uid("p2"));
    assertThat(difference.removed()).isEqualTo(List.of(uid("gone")));
  }

  @Test
  void whatIsHeldNewerThanASharedWholeIsNeitherTakenAwayNorMadeOlder() throws Exception {
    Whole older = whole();
    resources.pod("new", "10.0.1.1", "node-1").pod("p1", "10.0.1.2", "node-1").publish();
    Map<String, String> held = versions();
    held.put(uid("gone"), "0123456789abcdef");
    Set<String> later =
        history
            .changedNames(ResourceType.ADDRESS, older.revision(), history.newest().revision(), null)
            .orElseThrow();

    MessageSeries difference = older.difference(retained(held), later, "a");

    assertThat(difference.updated()).isEmpty();
    assertThat(difference.removed()).containsExactly(uid("gone"));
  }
}
