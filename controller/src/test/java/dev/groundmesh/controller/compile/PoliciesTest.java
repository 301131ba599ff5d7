package dev.groundmesh.controller.compile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoliciesTest {

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: %s, namespace: %s, labels: {app: %s}}
      spec: {nodeName: n1}
      status: {podIP: %s}
      """;
  private static final String WAYPOINT =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: %s}}
      spec:
        gatewayClassName: istio-waypoint
        listeners: [{name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {from: %s}}}]
      status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
      """;
  private static final String SERVICE =
      "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: %s, labels: {%s}}, spec: {clusterIP: 10.96.0.1}}";

  private static TestMesh twoPods() {
    return new TestMesh()
        .file("web.yaml", POD.formatted("web", "shop", "web", "10.0.0.1"))
        .file("db.yaml", POD.formatted("db", "shop", "db", "10.0.0.2"));
  }

  private static String policy(String namespace, String spec) {
    return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: "
        + namespace
        + "}, spec: {"
        + spec
        + "}}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shop         | selector: {matchLabels: {app: web}}, rules: [{}] | [shop/p]         | []",
        "istio-system | selector: {matchLabels: {app: db}}, rules: [{}]  | []               | [istio-system/p]",
        "other        | selector: {matchLabels: {app: web}}, rules: [{}] | []               | []",
        "shop         | rules: [{}]                                      | []               | []",
        "shop         | action: AUDIT, selector: {matchLabels: {app: web}}, rules: [{}] | [] | []"
      })
  void workloadsListThePoliciesThatSelectThem(
      String namespace, String spec, String web, String db) {
    TestMesh mesh = twoPods().file("p.yaml", policy(namespace, spec));

    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList()).hasToString(web);
    assertThat(mesh.pod("shop", "db").getAuthorizationPoliciesList()).hasToString(db);
  }

  @Test
  void podsOfTheRootNamespaceListItsPoliciesOnce() {
    TestMesh mesh =
        new TestMesh()
            .file("web.yaml", POD.formatted("web", "istio-system", "web", "10.0.0.1"))
            .file(
                "p.yaml",
                policy("istio-system", "selector: {matchLabels: {app: web}}, rules: [{}]"));

    assertThat(mesh.pod("istio-system", "web").getAuthorizationPoliciesList())
        .containsExactly("istio-system/p");
  }

  @Test
  void aPolicyComesBeforeTheWorkloadsThatNameIt() {
    TestMesh mesh =
        twoPods()
            .file("p.yaml", policy("shop", "selector: {matchLabels: {app: web}}, rules: [{}]"));

    assertThat(mesh.lastUpdated()).containsExactly("shop/p", "Kubernetes//Pod/shop/web");
  }

  @Test
  void aChangedSelectorMovesThePolicy() {
    TestMesh mesh =
        twoPods()
            .file("p.yaml", policy("shop", "selector: {matchLabels: {app: web}}, rules: [{}]"))
            .file("p.yaml", policy("shop", "selector: {matchLabels: {app: db}}, rules: [{}]"));

    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList()).isEmpty();
    assertThat(mesh.pod("shop", "db").getAuthorizationPoliciesList()).containsExactly("shop/p");
  }

  @Test
  void aBadEditLeavesThePolicyInEffectAndSaysSo() {
    TestMesh mesh =
        twoPods()
            .file(
                "p.yaml",
                policy("shop", "action: DENY, rules: [{to: [{operation: {ports: [\"80\"]}}]}]"));
    var before = mesh.authorization("shop/p");

    mesh.file(
        "p.yaml", policy("shop", "action: DENY, rules: [{too: [{operation: {ports: [\"80\"]}}]}]"));

    assertThat(mesh.authorization("shop/p")).isEqualTo(before);
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "groundmesh.dev/Valid"))
        .isEqualTo("Invalid false");
    assertThat(
            mesh.conditionOf("AuthorizationPolicy", "shop", "p", "groundmesh.dev/Valid").message())
        .contains("p.yaml:1:", "spec.rules[0].too: unknown field", "last good version");
  }

  @Test
  void removingThePolicyRemovesItsStatus() {
    TestMesh mesh = twoPods().file("p.yaml", policy("shop", "rules: [{}]"));
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "ZtunnelAccepted"))
        .isEqualTo("Accepted true");

    mesh.delete("p.yaml");
    assertThat(mesh.snapshot().statuses()).isEmpty();
    assertThat(mesh.lastRemoved()).containsExactly("shop/p");
  }

  @Test
  void strictOfTheMeshReachesEveryWorkloadAndGoesAgain() {
    TestMesh mesh = twoPods().file("m.yaml", peer("istio-system", "mtls: {mode: STRICT}"));

    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList())
        .containsExactly("istio-system/istio_converted_static_strict");
    assertThat(mesh.snapshot().authorization("istio-system/istio_converted_static_strict"))
        .isNotNull();

    mesh.delete("m.yaml");
    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList()).isEmpty();
    assertThat(mesh.snapshot().authorizations()).isEmpty();
  }

  @Test
  void aPortLevelPolicyFollowsWhatItInherits() {
    TestMesh mesh =
        twoPods()
            .file(
                "p.yaml",
                peer(
                    "shop",
                    "selector: {matchLabels: {app: web}}, portLevelMtls: {80: {mode: PERMISSIVE}}"));
    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList()).isEmpty();

    mesh.file("m.yaml", peer("istio-system", "mtls: {mode: STRICT}"));
    assertThat(mesh.pod("shop", "web").getAuthorizationPoliciesList())
        .containsExactly("shop/converted_peer_authentication_p");
    assertThat(
            mesh.authorization("shop/converted_peer_authentication_p").getGroups(0).getRulesCount())
        .isEqualTo(2);

    mesh.delete("m.yaml");
    assertThat(mesh.snapshot().authorization("shop/converted_peer_authentication_p")).isNull();
  }

  private static String peer(String namespace, String spec) {
    return "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: p, namespace: "
        + namespace
        + "}, spec: {"
        + spec
        + "}}";
  }

  /** What the waypoint is for, from where, the service's namespace and labels; the condition. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "service  | Same | shop  | 'istio.io/use-waypoint: wp'   | WaypointAccepted true",
        "all      | Same | shop  | 'istio.io/use-waypoint: wp'   | WaypointAccepted true",
        "workload | Same | shop  | 'istio.io/use-waypoint: wp'   | UnsupportedTrafficType false",
        "service  | Same | shop  | 'istio.io/use-waypoint: nope' | WaypointIsNotReady false",
        "service  | Same | other | 'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: shop' | AttachmentDenied false",
        "service  | All  | other | 'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: shop' | WaypointAccepted true"
      })
  void aServiceGetsTheWaypointItAsksFor(
      String waypointFor, String from, String namespace, String labels, String condition) {
    TestMesh mesh =
        new TestMesh()
            .file("web.yaml", SERVICE.formatted(namespace, labels))
            .file("wp.yaml", WAYPOINT.formatted(waypointFor, from));

    assertThat(mesh.condition("Service", namespace, "web", "istio.io/WaypointBound"))
        .isEqualTo(condition);
    assertThat(mesh.service(namespace + "/web." + namespace + ".svc.cluster.local").hasWaypoint())
        .isEqualTo(condition.endsWith("true") || condition.startsWith("WaypointIsNotReady"));
  }

  @Test
  void aServiceWhoseWaypointIsNotReadyIsSentToItAllTheSame() {
    TestMesh mesh = serviceWhoseWaypointIsNotReady("service");

    assertThat(mesh.condition("Service", "shop", "web", "istio.io/WaypointBound"))
        .isEqualTo("WaypointIsNotReady false");
    assertThat(waypointOf(mesh, "web")).isEqualTo("shop/wp.shop.svc.cluster.local");

    mesh.file("wp.yaml", WAYPOINT.formatted("service", "Same"));
    assertThat(mesh.condition("Service", "shop", "web", "istio.io/WaypointBound"))
        .isEqualTo("WaypointAccepted true");
    assertThat(waypointOf(mesh, "web")).isEqualTo("shop/wp.shop.svc.cluster.local");
  }

  @Test
  void aWaypointThatIsNotForServicesHoldsUpNoneWhileItIsNotReady() {
    TestMesh mesh = serviceWhoseWaypointIsNotReady("workload");

    assertThat(waypointOf(mesh, "web")).isEqualTo("/");
  }

  @Test
  void aMissingWaypointIsPassedByWhereSo() {
    TestMesh mesh =
        new TestMesh(TestMesh.settings(false, false))
            .file("web.yaml", SERVICE.formatted("shop", "istio.io/use-waypoint: wp"));

    assertThat(waypointOf(mesh, "web")).isEqualTo("/");
  }

  private static TestMesh serviceWhoseWaypointIsNotReady(String waypointFor) {
    String notReady = WAYPOINT.formatted(waypointFor, "Same").replaceFirst("(?m)^status:.*$", "");
    return new TestMesh()
        .file("web.yaml", SERVICE.formatted("shop", "istio.io/use-waypoint: wp"))
        .file("wp.yaml", notReady);
  }

  private static String waypointOf(TestMesh mesh, String service) {
    var host =
        mesh.service("shop/" + service + ".shop.svc.cluster.local").getWaypoint().getHostname();
    return host.getNamespace() + '/' + host.getHostname();
  }

  @Test
  void aNamespacesWaypointServesAllButThoseThatOptOut() {
    String namespace =
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: wp}}}";
    TestMesh mesh =
        new TestMesh()
            .file("ns.yaml", namespace)
            .file("web.yaml", SERVICE.formatted("shop", ""))
            .file(
                "api.yaml",
                SERVICE.formatted("shop", "istio.io/use-waypoint: none").replace("web", "api"))
            .file("pod.yaml", POD.formatted("web", "shop", "web", "10.0.0.1"))
            .file("wp.yaml", WAYPOINT.formatted("all", "Same"));

    assertThat(
            mesh.service("shop/web.shop.svc.cluster.local")
                .getWaypoint()
                .getHostname()
                .getHostname())
        .isEqualTo("wp.shop.svc.cluster.local");
    assertThat(mesh.service("shop/api.shop.svc.cluster.local").hasWaypoint()).isFalse();
    assertThat(mesh.pod("shop", "web").getWaypoint().getHboneMtlsPort()).isEqualTo(15008);

    mesh.delete("wp.yaml");
    assertThat(waypointOf(mesh, "web")).isEqualTo("shop/wp.shop.svc.cluster.local");
    assertThat(mesh.pod("shop", "web").hasWaypoint()).isFalse();
  }

  @Test
  void aCanaryWaypointTakesItsShare() {
    String labels =
        "istio.io/use-waypoint: wp, istio.io/use-waypoint-canary: wp2}, annotations: {istio.io/use-waypoint-canary-weight: \"20\"";
    TestMesh mesh =
        new TestMesh()
            .file("web.yaml", SERVICE.formatted("shop", labels))
            .file("wp.yaml", WAYPOINT.formatted("service", "Same"))
            .file("wp2.yaml", WAYPOINT.formatted("service", "Same").replace("wp", "wp2"));

    assertThat(mesh.service("shop/web.shop.svc.cluster.local").getWeightedWaypointsList())
        .extracting(w -> w.getDestination().getHostname().getHostname() + ' ' + w.getWeight())
        .containsExactly("wp.shop.svc.cluster.local 80", "wp2.shop.svc.cluster.local 20");
  }

  @Test
  void aPolicyForAWaypointIsToldWhetherItIsBound() {
    TestMesh mesh =
        new TestMesh()
            .file(
                "p.yaml",
                policy(
                    "shop", "targetRefs: [{kind: Service, group: \"\", name: web}], rules: [{}]"));
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "WaypointAccepted"))
        .isEqualTo("TargetNotFound false");

    mesh.file("web.yaml", SERVICE.formatted("shop", "istio.io/use-waypoint: wp"));
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "WaypointAccepted"))
        .isEqualTo("AncestorNotBound false");

    mesh.file("wp.yaml", WAYPOINT.formatted("service", "Same"));
    assertThat(mesh.condition("AuthorizationPolicy", "shop", "p", "WaypointAccepted"))
        .isEqualTo("Accepted true");
    assertThat(mesh.snapshot().authorizations()).isEmpty();
  }
}
