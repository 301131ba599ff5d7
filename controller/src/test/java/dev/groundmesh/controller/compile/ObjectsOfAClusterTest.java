package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.model.AuthorizationPolicy.Action;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.Namespace;
import dev.groundmesh.controller.model.ObjectKey;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.source.ObjectChange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What only a living cluster does to a compile. */
class ObjectsOfAClusterTest {

  private static final Problem PROBLEM =
      new Problem("", 0, 0, "spec.rules[0].form", "unknown field", "one of from, to, when");

  private final TestMesh mesh = new TestMesh();

  @BeforeEach
  void namespace() {
    mesh.put(
        new Namespace(Metadata.named("", "shop", Map.of("istio.io/dataplane-mode", "ambient"))));
  }

  @Test
  void anAddressGoesToTheNewPodWhicheverIsHeardFirst() {
    mesh.put(pod("old", "u1", "10.0.0.1"));

    mesh.put(pod("new", "u2", "10.0.0.1"));
    mesh.changed(List.of(new ObjectChange.Remove(key("old"))));

    assertThat(at("10.0.0.1")).containsExactly("Kubernetes//Pod/shop/new");

    mesh.changed(List.of(new ObjectChange.Remove(key("new"))));
    mesh.put(pod("newest", "u3", "10.0.0.1"));

    assertThat(at("10.0.0.1")).containsExactly("Kubernetes//Pod/shop/newest");
  }

  @Test
  void aPodOfTheSameNameIsAnotherPod() {
    mesh.put(pod("db-0", "u1", "10.0.0.1"));

    mesh.put(pod("db-0", "u2", "10.0.0.2"));

    assertThat(at("10.0.0.1")).isEmpty();
    assertThat(at("10.0.0.2")).containsExactly("Kubernetes//Pod/shop/db-0");
    assertThat(mesh.enrolments("n1"))
        .singleElement()
        .satisfies(enrolment -> assertThat(enrolment.getRuntimeId()).isEqualTo("u2"));
  }

  @Test
  void twoServicesOfOneAddressAreBothTold() {
    mesh.put(service("a")).put(service("b"));

    assertThat(TestMesh.vips(mesh.service("shop/a.shop.svc.cluster.local")))
        .isEqualTo(TestMesh.vips(mesh.service("shop/b.shop.svc.cluster.local")));

    mesh.changed(List.of(new ObjectChange.Remove(new ObjectKey(Kind.SERVICE, "shop", "a"))));

    assertThat(at("10.96.0.1")).containsExactly("shop/b.shop.svc.cluster.local");
  }

  @Test
  void aLabelThatFlipsEndsWhereItEnds() {
    for (int i = 0; i < 11; i++) {
      mesh.put(
          new Pod(
              Metadata.named(
                  "shop", "a", Map.of("istio.io/dataplane-mode", i % 2 == 0 ? "none" : "ambient")),
              "a",
              "n1",
              "default",
              false,
              Map.of(),
              List.of("10.0.0.1"),
              false,
              true));
    }

    assertThat(mesh.enrolments("n1"))
        .singleElement()
        .satisfies(enrolment -> assertThat(enrolment.getEnrolled()).isFalse());
    assertThat(mesh.snapshot().statuses()).isEmpty();
  }

  @Test
  void aPolicyThatNeverWasGoodDeniesWhatItSelects() {
    mesh.put(pod("web", "u1", "10.0.0.1"));

    mesh.changed(List.of(rejected(policy(Map.of("app", "web"), List.of()))));

    assertThat(mesh.authorization("shop/p").getGroupsList()).isEmpty();
    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList()).containsExactly("shop/p");
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "ZtunnelAccepted"))
        .isEqualTo("Invalid false");
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "groundmesh.dev/Valid"))
        .isEqualTo("Invalid false");
  }

  @Test
  void aPolicyThatWasGoodKeepsItsLastGoodVersion() {
    AuthorizationPolicy good =
        policy(Map.of(), List.of(new AuthorizationPolicy.Rule(List.of(), List.of(), List.of())));
    mesh.put(good);

    mesh.changed(List.of(rejected(policy(Map.of(), List.of()))));
    mesh.changed(List.of(rejected(policy(Map.of(), List.of()))));

    assertThat(mesh.authorization("shop/p").getGroupsList()).hasSize(1);
  }

  @Test
  void aCorrectedPolicyTakesThePlaceOfWhatStoodIn() {
    mesh.changed(List.of(rejected(policy(Map.of(), List.of()))));

    mesh.put(
        policy(Map.of(), List.of(new AuthorizationPolicy.Rule(List.of(), List.of(), List.of()))));

    assertThat(mesh.authorization("shop/p").getGroupsList()).hasSize(1);
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "ZtunnelAccepted"))
        .isEqualTo("Accepted true");
  }

  @Test
  void aPeerAuthenticationThatNeverWasGoodIsStrict() {
    mesh.put(pod("web", "u1", "10.0.0.1"));
    PeerAuthentication strict =
        new PeerAuthentication(
            Metadata.named("shop", "p", Map.of()),
            Map.of(),
            PeerAuthentication.Mode.STRICT,
            Map.of());

    mesh.changed(
        List.of(
            new ObjectChange.Rejected(strict.key(), strict.metadata(), strict, List.of(PROBLEM))));

    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList())
        .containsExactly("istio-system/istio_converted_static_strict");
  }

  private List<String> at(String address) {
    return mesh.snapshot().lookup("/" + address).stream().map(CompiledResource::name).toList();
  }

  private static ObjectChange rejected(AuthorizationPolicy standIn) {
    return new ObjectChange.Rejected(standIn.key(), standIn.metadata(), standIn, List.of(PROBLEM));
  }

  private static AuthorizationPolicy policy(
      Map<String, String> selector, List<AuthorizationPolicy.Rule> rules) {
    return new AuthorizationPolicy(
        Metadata.named("shop", "p", Map.of()), selector, List.of(), Action.ALLOW, rules);
  }

  private static ObjectKey key(String pod) {
    return new ObjectKey(Kind.POD, "shop", pod);
  }

  private static Pod pod(String name, String uid, String address) {
    return new Pod(
        new Metadata("shop", name, uid, Map.of("app", name), Map.of(), 1, "", 1),
        name,
        "n1",
        "default",
        false,
        Map.of(),
        List.of(address),
        false,
        true);
  }

  private static Service service(String name) {
    return new Service(
        Metadata.named("shop", name, Map.of()),
        false,
        Map.of("app", name),
        false,
        List.of("10.96.0.1"),
        List.of(new Service.Port("http", "TCP", "", 80, 8080, "")),
        false,
        "",
        false,
        List.of());
  }
}
