package dev.groundmesh.meshapi.snapshot;

import static dev.groundmesh.meshapi.TestMesh.endpointOf;
import static dev.groundmesh.meshapi.TestMesh.host;
import static dev.groundmesh.meshapi.TestMesh.ip;
import static dev.groundmesh.meshapi.TestMesh.pod;
import static dev.groundmesh.meshapi.TestMesh.removal;
import static dev.groundmesh.meshapi.TestMesh.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.meshapi.TestMesh;
import dev.groundmesh.meshapi.model.AuthorizationPolicy;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Action;
import dev.groundmesh.meshapi.model.AuthorizationPolicy.Scope;
import dev.groundmesh.meshapi.model.IpAddress;
import dev.groundmesh.meshapi.model.NamespaceEnrolment;
import dev.groundmesh.meshapi.model.NamespacedHostname;
import dev.groundmesh.meshapi.model.PodEnrolment;
import dev.groundmesh.meshapi.model.PodEnrolment.DnsCapture;
import dev.groundmesh.meshapi.model.Service;
import dev.groundmesh.meshapi.model.ServiceMembership;
import dev.groundmesh.meshapi.model.Workload;
import dev.groundmesh.meshapi.wire.MeshDelta;
import dev.groundmesh.meshapi.wire.MeshDelta.Update;
import dev.groundmesh.meshapi.wire.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MeshStoreTest {

  private final MeshStore store = new MeshStore(MeshSnapshot.EMPTY);

  @Test
  void endpointsThatComeBeforeTheirServiceAreStaged() {
    store.apply(
        new TestMesh().with(pod("web-0", "10.0.0.1").services(List.of(endpointOf("web")))).delta());
    assertThat(store.current().service(host("shop", "web"))).isNull();
    assertThat(store.current().endpoints(host("shop", "web")).all()).hasSize(1);
    store.apply(new TestMesh().with(service("web", "10.96.0.1")).delta());
    assertThat(store.current().endpoints(host("shop", "web")).usable()).hasSize(1);
  }

  @Test
  void endpointsSurviveTheirServicesRemovalAndReturn() {
    store.apply(
        new TestMesh()
            .with(service("web", "10.96.0.1"))
            .with(pod("web-0", "10.0.0.1").services(List.of(endpointOf("web"))))
            .delta());
    store.apply(removal(ResourceType.ADDRESS, "shop/web.shop.svc.cluster.local"));
    assertThat(store.current().serviceAt("", ip("10.96.0.1"), "shop")).isNull();
    store.apply(new TestMesh().with(service("web", "10.96.0.1")).delta());
    assertThat(store.current().endpoints(host("shop", "web")).usable()).hasSize(1);
  }

  @Test
  void updateOfAWorkloadReplacesItsMembershipsAndAddresses() {
    store.apply(
        new TestMesh().with(pod("a", "10.0.0.1").services(List.of(endpointOf("web")))).delta());
    store.apply(
        new TestMesh().with(pod("a", "10.0.0.2").services(List.of(endpointOf("api")))).delta());
    MeshSnapshot mesh = store.current();
    assertThat(mesh.endpoints(host("shop", "web")).all()).isEmpty();
    assertThat(mesh.endpoints(host("shop", "api")).all()).hasSize(1);
    assertThat(mesh.workloadAt("", ip("10.0.0.1"))).isNull();
    assertThat(mesh.workloadAt("", ip("10.0.0.2"))).isNotNull();
  }

  @Test
  void addressTakenOverIsLeftToTheNewOwnerWhenTheOldOneGoes() {
    store.apply(new TestMesh().with(pod("old", "10.0.0.1")).delta());
    store.apply(new TestMesh().with(pod("new", "10.0.0.1")).delta());
    store.apply(removal(ResourceType.ADDRESS, "Kubernetes//Pod/shop/old"));
    assertThat(store.current().workloadAt("", ip("10.0.0.1")))
        .isEqualTo(pod("new", "10.0.0.1").build());
  }

  @Test
  void removalOfWhatWasNeverKnownIsIgnored() {
    store.apply(new TestMesh().with(pod("a", "10.0.0.1")).delta());
    MeshChange change =
        store.apply(removal(ResourceType.ADDRESS, "nothing", "a/b", "x//Pod/y/z", "", "/10.0.0.1"));
    store.apply(removal(ResourceType.AUTHORIZATION, "shop/none"));
    store.apply(removal(ResourceType.POD_ENROLMENT, "none"));
    assertThat(change.workloads()).isEmpty();
    assertThat(store.current().workloads()).hasSize(1);
  }

  @Test
  void snapshotsOnceTakenNeverChange() {
    store.apply(new TestMesh().with(pod("a", "10.0.0.1")).delta());
    MeshSnapshot taken = store.current();
    store.apply(removal(ResourceType.ADDRESS, "Kubernetes//Pod/shop/a"));
    assertThat(taken.workloadAt("", ip("10.0.0.1"))).isNotNull();
    assertThat(store.current().workloadAt("", ip("10.0.0.1"))).isNull();
    assertThat(store.current().version()).isEqualTo(taken.version() + 1);
  }

  @Test
  void firstSeenServiceStaysFirstWhenItChanges() {
    Service.Builder first =
        Service.builder(new NamespacedHostname("one", "x.example"))
            .vips(service("x", "240.0.0.1").build().vips());
    Service.Builder second =
        Service.builder(new NamespacedHostname("two", "y.example"))
            .vips(service("x", "240.0.0.1").build().vips());
    store.apply(new TestMesh().with(first).with(second).delta());
    store.apply(new TestMesh().with(first.name("renamed")).delta());
    assertThat(store.current().serviceAt("", ip("240.0.0.1"), "three")).isEqualTo(first.build());
  }

  @Test
  void versionsAreListedByType() {
    Workload workload = pod("a", "10.0.0.1").build();
    Service web = service("web").build();
    PodEnrolment enrolment =
        new PodEnrolment(
            workload.uid(),
            "shop",
            "a",
            "a",
            "shop-a",
            List.of(ip("10.0.0.1")),
            false,
            DnsCapture.DEFAULT,
            List.of(),
            true);
    store.apply(
        new MeshDelta(
            List.of(new Update<>(workload, "v1")),
            List.of(new Update<>(web, "v2")),
            List.of(new Update<>(policy("p", Scope.GLOBAL), "")),
            List.of(new Update<>(enrolment, "v3")),
            List.of(new Update<>(new NamespaceEnrolment("shop", true), "v4")),
            List.of()));
    assertThat(versions(ResourceType.ADDRESS))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(workload.uid(), "v1", "shop/web.shop.svc.cluster.local", "v2"));
    assertThat(versions(ResourceType.AUTHORIZATION)).isEqualTo(Map.of("shop/p", ""));
    assertThat(versions(ResourceType.POD_ENROLMENT)).isEqualTo(Map.of(workload.uid(), "v3"));
    assertThat(versions(ResourceType.NAMESPACE_ENROLMENT)).isEqualTo(Map.of("shop", "v4"));
    assertThat(store.current().enrolment(workload.uid())).isEqualTo(enrolment);
  }

  @Test
  void aNamespaceIsKnownUntilItIsTakenBack() {
    NamespaceEnrolment shop = new NamespaceEnrolment("shop", true);
    MeshChange change =
        store.apply(
            new MeshDelta(
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(new Update<>(shop, "")),
                List.of()));
    assertThat(change.namespaces()).containsExactly("shop");
    assertThat(store.current().namespace("shop")).isEqualTo(shop);

    assertThat(store.apply(removal(ResourceType.NAMESPACE_ENROLMENT, "shop")).namespaces())
        .containsExactly("shop");
    assertThat(store.current().namespace("shop")).isNull();
  }

  @Test
  void policiesAreFoundByWhereTheyApply() {
    store.apply(
        new TestMesh()
            .with(policy("mesh", Scope.GLOBAL))
            .with(policy("all", Scope.NAMESPACE))
            .with(policy("some", Scope.WORKLOAD_SELECTOR))
            .with(policy("later", Scope.UNSUPPORTED))
            .delta());
    MeshSnapshot mesh = store.current();
    assertThat(mesh.globalPolicies())
        .extracting(policy -> policy.key())
        .containsExactly("shop/mesh");
    assertThat(mesh.namespacePolicies("shop"))
        .extracting(policy -> policy.key())
        .containsExactly("shop/all", "shop/later");
    assertThat(mesh.namespacePolicies("other")).isEmpty();
    assertThat(mesh.policy("shop/some")).isNotNull();
    store.apply(new TestMesh().with(policy("all", Scope.WORKLOAD_SELECTOR)).delta());
    assertThat(store.current().namespacePolicies("shop")).hasSize(1);
    store.apply(removal(ResourceType.AUTHORIZATION, "shop/mesh"));
    assertThat(store.current().globalPolicies()).isEmpty();
  }

  @Test
  void policyThatWasTakenBackIsNotMissing() {
    Workload.Builder listing = pod("a").authorizationPolicies(List.of("shop/some"));
    store.apply(new TestMesh().with(listing).with(policy("some", Scope.WORKLOAD_SELECTOR)).delta());
    assertThat(store.current().isWithdrawn("shop/some")).isFalse();
    store.apply(removal(ResourceType.AUTHORIZATION, "shop/some", "shop/never-known"));
    assertThat(store.current().isWithdrawn("shop/some")).isTrue();
    assertThat(store.current().isWithdrawn("shop/never-known")).isFalse();
  }

  @Test
  void policyThatIsListedAgainAfterItWasTakenBackIsMissing() {
    Workload.Builder listing = pod("a").authorizationPolicies(List.of("shop/some"));
    store.apply(new TestMesh().with(policy("some", Scope.WORKLOAD_SELECTOR)).delta());
    store.apply(removal(ResourceType.AUTHORIZATION, "shop/some"));
    store.apply(new TestMesh().with(listing).delta());
    assertThat(store.current().isWithdrawn("shop/some")).isFalse();
  }

  @Test
  void changeTellsWhoseConnectionsMustBeAuthorizedAgain() {
    Workload listing = pod("a").authorizationPolicies(List.of("shop/some")).build();
    Workload other = pod("b").build();
    MeshChange some =
        store.apply(new TestMesh().with(policy("some", Scope.WORKLOAD_SELECTOR)).delta());
    assertThat(some.affectsAuthorization(listing)).isTrue();
    assertThat(some.affectsAuthorization(other)).isFalse();
    MeshChange all = store.apply(new TestMesh().with(policy("all", Scope.NAMESPACE)).delta());
    assertThat(all.affectsAuthorization(other)).isTrue();
    MeshChange moved = store.apply(new TestMesh().with(pod("b", "10.0.0.9")).delta());
    assertThat(moved.affectsAuthorization(other)).isTrue();
    assertThat(moved.affectsAuthorization(listing)).isFalse();
    MeshChange gone = store.apply(removal(ResourceType.AUTHORIZATION, "shop/all"));
    assertThat(gone.affectsAuthorization(listing)).isTrue();
  }

  @Test
  void listenersHearOfAChangeAfterItIsPublished() {
    List<Boolean> published = new ArrayList<>();
    store.addListener(change -> published.add(store.current() == change.after()));
    store.apply(new TestMesh().with(pod("a")).delta());
    assertThat(published).containsExactly(true);
  }

  /** Whatever the order of changes, the indexes are those of a mesh that was built at once. */
  @Test
  void indexesAgreeWithTheResourcesAfterRandomChanges() {
    Random random = new Random(7);
    Map<String, Workload> workloads = new HashMap<>();
    Map<NamespacedHostname, Service> services = new HashMap<>();
    for (int round = 0; round < 600; round++) {
      int n = random.nextInt(12);
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          Workload workload = randomPod(random, n);
          workloads.put(workload.uid(), workload);
          store.apply(new TestMesh().with(workload.toBuilder()).delta());
        }
        case 2 -> {
          Service service = service("s" + n % 4, "10.96.0." + random.nextInt(4)).build();
          services.put(service.key(), service);
          store.apply(new TestMesh().with(service.toBuilder()).delta());
        }
        default -> {
          String uid = "Kubernetes//Pod/shop/p" + n;
          NamespacedHostname key = host("shop", "s" + n % 4);
          workloads.remove(uid);
          services.remove(key);
          store.apply(removal(ResourceType.ADDRESS, uid, key.toString()));
        }
      }
      assertIndexesAgree(workloads, services);
    }
  }

  private void assertIndexesAgree(
      Map<String, Workload> workloads, Map<NamespacedHostname, Service> services) {
    MeshSnapshot mesh = store.current();
    assertThat(mesh.workloads()).containsExactlyInAnyOrderElementsOf(workloads.values());
    assertThat(mesh.services()).containsExactlyInAnyOrderElementsOf(services.values());
    for (int i = 0; i < 6; i++) {
      IpAddress address = ip("10.0.0." + i);
      boolean claimed = workloads.values().stream().anyMatch(each -> each.hasAddress(address));
      Workload found = mesh.workloadAt("", address);
      assertThat(found != null).isEqualTo(claimed);
      assertThat(found == null || found.hasAddress(address)).isTrue();
    }
    for (int i = 0; i < 4; i++) {
      NamespacedHostname key = host("shop", "s" + i);
      assertThat(mesh.endpoints(key).all())
          .containsExactlyInAnyOrderElementsOf(
              workloads.values().stream().filter(each -> each.portsFor(key) != null).toList());
      IpAddress vip = ip("10.96.0." + i);
      boolean served =
          services.values().stream().anyMatch(each -> each.vips().getFirst().address().equals(vip));
      assertThat(mesh.serviceAt("", vip, "shop") != null).isEqualTo(served);
    }
  }

  private static Workload randomPod(Random random, int n) {
    List<ServiceMembership> memberships = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      if (random.nextBoolean()) {
        memberships.add(endpointOf("s" + i));
      }
    }
    return pod("p" + n, "10.0.0." + random.nextInt(6)).services(memberships).build();
  }

  private Map<String, String> versions(ResourceType type) {
    Map<String, String> versions = new HashMap<>();
    store.current().forEachVersion(type, versions::put);
    return versions;
  }

  private static AuthorizationPolicy policy(String name, Scope scope) {
    return new AuthorizationPolicy("shop", name, scope, Action.DENY, List.of(), false, List.of());
  }
}
