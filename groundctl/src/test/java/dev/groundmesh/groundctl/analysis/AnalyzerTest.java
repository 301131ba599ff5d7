package dev.groundmesh.groundctl.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnalyzerTest {
  private static final String MESHED =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: catalog, namespace: shop}
      spec:
        selector: {matchLabels: {app: catalog}}
        template:
          metadata: {labels: {app: catalog}}
          spec:
            serviceAccountName: catalog
            containers:
              - name: catalog
                ports: [{name: http, containerPort: 8080}]
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: frontend, namespace: shop}
      spec:
        selector: {matchLabels: {app: frontend}}
        template:
          metadata: {labels: {app: frontend}}
          spec:
            serviceAccountName: frontend
            containers: [{name: frontend}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: catalog, namespace: shop}
      spec:
        selector: {app: catalog}
        ports: [{name: http, port: 80, targetPort: http}]
      """;

  private static List<Finding> analyze(String... texts) {
    String all = String.join("\n---\n", texts);
    ManifestFiles.Contents contents = ManifestFiles.read("m.yaml", all, "default");
    assertThat(contents.unreadable()).isEmpty();
    return Analyzer.analyze(contents.objects(), AnalysisSettings.defaults("istio-system", false));
  }

  private static Finding only(List<Finding> findings) {
    assertThat(findings).hasSize(1);
    return findings.getFirst();
  }

  private static String policy(String spec) {
    return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
        """
        + spec.indent(2);
  }

  @Test
  void nothingIsSaidOfWhatIsInOrder() {
    assertThat(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules:
                      - from: [{source: {principals: [cluster.local/ns/shop/sa/frontend]}}]
                        to: [{operation: {ports: ["8080"]}}]
                    """)))
        .isEmpty();
  }

  @Test
  void selectorThatMatchesNothingNamesTheValuesThatThereAre() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalogue}}
                    rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/frontend]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.SELECTOR_MATCHES_NOTHING);
    assertThat(finding.message())
        .isEqualTo(
            "spec.selector.matchLabels: {app=catalogue} (expected: labels of a workload of"
                + " namespace shop, where app is one of catalog, frontend)");
    assertThat(finding.place()).isPresent();
  }

  @Test
  void serviceWithoutPodsIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                """
                apiVersion: v1
                kind: Service
                metadata: {name: prices, namespace: shop}
                spec: {selector: {app: prices}, ports: [{name: http, port: 80}]}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.SELECTOR_MATCHES_NOTHING);
    assertThat(finding.object()).hasToString("Service shop/prices");
  }

  @Test
  void attributesOfL7AreToldWithWhatBecomesOfThem() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{to: [{operation: {methods: [GET]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_LIMITED_AT_L4);
    assertThat(finding.field()).isEqualTo("spec.rules");
    assertThat(finding.value()).isEqualTo("methods");
    assertThat(finding.expected()).contains("allows less than it says");
  }

  @Test
  void actionThatNothingEnforcesIsAnError() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    action: CUSTOM
                    provider: {name: oauth}
                    selector: {matchLabels: {app: catalog}}
                    rules: [{to: [{operation: {ports: ["8080"]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_NOT_ENFORCED);
    assertThat(finding.level()).isEqualTo(Level.ERROR);
  }

  @Test
  void objectThatTheControllerRejectsIsNamedWithFieldAndLine() {
    String policy = policy("action: PERMIT\nrules: [{from: [{source: {namespaces: [shop]}}]}]");

    Finding finding = only(analyze(MESHED, policy));

    assertThat(finding.code()).isEqualTo(FindingCode.OBJECT_INVALID);
    assertThat(finding.message())
        .isEqualTo("spec.action: PERMIT (expected: one of ALLOW, DENY, AUDIT, CUSTOM)");
    List<String> lines = String.join("\n---\n", MESHED, policy).lines().toList();
    assertThat(lines.get(finding.place().orElseThrow().line() - 1)).contains("PERMIT");
  }

  @Test
  void targetThatDoesNotExistIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    targetRefs: [{kind: Service, name: prices, group: ""}]
                    rules: [{to: [{operation: {methods: [GET]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_TARGET_UNBOUND);
    assertThat(finding.value()).isEqualTo("Service shop/prices");
  }

  @Test
  void policyForWorkloadsOutsideOfTheMeshIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED.replace("istio.io/dataplane-mode: ambient", "team: a"),
                """
                apiVersion: security.istio.io/v1
                kind: PeerAuthentication
                metadata: {name: strict, namespace: shop}
                spec: {mtls: {mode: STRICT}}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_OUTSIDE_MESH);
    assertThat(finding.value()).isEqualTo("Deployment shop/catalog, Deployment shop/frontend");
  }

  @Test
  void clientOutsideOfTheMeshThatAPolicyNamesIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: report, namespace: legacy}
                spec: {template: {metadata: {labels: {app: report}}, spec: {containers: [{name: c}]}}}
                """,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{from: [{source: {namespaces: [legacy]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.CLIENT_OUTSIDE_MESH);
    assertThat(finding.field()).isEqualTo("spec.rules[0].from[0].source.namespaces[0]");
    assertThat(finding.expected()).contains("Deployment legacy/report");
  }

  @Test
  void unknownServiceAccountOfAKnownNamespaceIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.CLIENT_UNKNOWN);
  }

  @Test
  void principalWithTheSchemeIsMalformed() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{from: [{source: {principals: ["spiffe://cluster.local/ns/shop/sa/frontend"]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.PRINCIPAL_MALFORMED);
    assertThat(finding.expected()).startsWith("cluster.local/ns/shop/sa/frontend");
  }

  @Test
  void portOfTheServiceInAPolicyIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{to: [{operation: {ports: ["80"]}}]}]
                    """)));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_PORT_IS_SERVICE_PORT);
    assertThat(finding.expected()).endsWith("8080");
  }

  @Test
  void portWithoutProtocolIsFound() {
    Finding finding =
        only(analyze(MESHED.replace("{name: http, port: 80, targetPort: http}", "{port: 80}")));

    assertThat(finding.code()).isEqualTo(FindingCode.PORT_WITHOUT_PROTOCOL);
    assertThat(finding.level()).isEqualTo(Level.INFO);
  }

  @Test
  void clientsThatStrictRefusesAreNamed() {
    List<Finding> findings =
        analyze(
            MESHED,
            """
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: strict, namespace: shop}
            spec: {selector: {matchLabels: {app: catalog}}, mtls: {mode: STRICT}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: public, namespace: shop}
            spec: {type: NodePort, selector: {app: catalog}, ports: [{name: http, port: 80}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, namespace: shop}
            spec: {defaultBackend: {service: {name: catalog, port: {number: 80}}}}
            ---
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: scraper, namespace: shop}
            spec:
              template:
                metadata: {labels: {app: scraper}}
                spec: {hostNetwork: true, containers: [{name: c}]}
            """);

    assertThat(findings)
        .extracting(Finding::code)
        .containsOnly(FindingCode.STRICT_PLAINTEXT_CLIENT);
    assertThat(findings)
        .extracting(Finding::value)
        .containsExactlyInAnyOrder(
            "STRICT, and who comes by Service shop/public of type NodePort",
            "STRICT, and the controller of Ingress shop/web, unless it is in the mesh",
            "STRICT, and DaemonSet shop/scraper on the host's network");
  }

  @Test
  void podsOutsideOfTheMeshBehindTheServiceOfStrictOnesAreClients() {
    List<Finding> findings =
        analyze(
            MESHED,
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: catalog-old, namespace: shop}
            spec:
              template:
                metadata: {labels: {app: catalog, istio.io/dataplane-mode: none}}
                spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
            ---
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: strict, namespace: istio-system}
            spec: {mtls: {mode: STRICT}}
            """);

    assertThat(findings)
        .extracting(Finding::value)
        .containsExactly(
            "STRICT, and Deployment shop/catalog-old outside of the mesh behind Service shop/catalog");
  }

  @Test
  void waypointThatDoesNotExistIsToldOnceAtTheNamespaceThatAsks() {
    Finding finding =
        only(
            analyze(
                MESHED.replace(
                    "istio.io/dataplane-mode: ambient",
                    "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint")));

    assertThat(finding.code()).isEqualTo(FindingCode.WAYPOINT_MISSING);
    assertThat(finding.object()).hasToString("Namespace shop");
    assertThat(finding.value()).isEqualTo("shop/waypoint");
  }

  @Test
  void waypointWithoutAddressIsNotReady() {
    Finding finding =
        only(
            analyze(
                MESHED.replace(
                    "istio.io/dataplane-mode: ambient",
                    "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint"),
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: waypoint, namespace: shop}
                spec:
                  gatewayClassName: istio-waypoint
                  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.WAYPOINT_NOT_READY);
  }

  @Test
  void twoServicesWithOneAddressAreFound() {
    String service =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: shop}
        spec: {clusterIP: 10.0.0.1, selector: {app: catalog}, ports: [{name: http, port: 80}]}
        """;

    Finding finding = only(analyze(MESHED, service.formatted("one"), service.formatted("two")));

    assertThat(finding.code()).isEqualTo(FindingCode.DUPLICATE_ADDRESS);
    assertThat(finding.object()).hasToString("Service shop/two");
    assertThat(finding.expected()).contains("Service shop/one");
  }

  @Test
  void unknownModeOfANamespaceIsAnError() {
    Finding finding =
        only(analyze(MESHED.replace("dataplane-mode: ambient", "dataplane-mode: enabled")));

    assertThat(finding.code()).isEqualTo(FindingCode.LABEL_VALUE_UNKNOWN);
    assertThat(finding.expected()).isEqualTo("ambient or none");
  }

  @Test
  void misspeltLabelIsFound() {
    Finding finding =
        only(analyze(MESHED.replace("istio.io/dataplane-mode", "istio.io/data-plane-mode")));

    assertThat(finding.code()).isEqualTo(FindingCode.LABEL_MISSPELT);
    assertThat(finding.expected()).isEqualTo("istio.io/dataplane-mode");
  }

  @Test
  void sidecarsBesideAmbientAreFound() {
    Finding finding =
        only(
            analyze(
                MESHED.replace(
                    "istio.io/dataplane-mode: ambient",
                    "istio.io/dataplane-mode: ambient, istio-injection: enabled")));

    assertThat(finding.code()).isEqualTo(FindingCode.SIDECAR_AND_AMBIENT);
  }

  @Test
  void excludedNamespaceIsFound() {
    Finding finding =
        only(
            analyze(
                """
                apiVersion: v1
                kind: Namespace
                metadata: {name: kube-system, labels: {istio.io/dataplane-mode: ambient}}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.NAMESPACE_EXCLUDED);
  }

  @Test
  void networkPolicyWithoutTheTunnelsPortIsFound() {
    Finding finding =
        only(
            analyze(
                MESHED,
                """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: catalog, namespace: shop}
                spec:
                  podSelector: {matchLabels: {app: catalog}}
                  ingress: [{ports: [{port: 8080}]}]
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.NETWORK_POLICY_BLOCKS_TUNNEL);
    assertThat(finding.field()).isEqualTo("spec.ingress");
  }

  @Test
  void networkPolicyWithTheTunnelsPortIsInOrder() {
    assertThat(
            analyze(
                MESHED,
                """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: catalog, namespace: shop}
                spec:
                  podSelector: {}
                  ingress: [{ports: [{port: 8080}, {port: 15000, endPort: 15010}]}]
                """))
        .isEmpty();
  }

  @Test
  void kindThatIsNotReadIsFound() {
    Finding finding =
        only(
            analyze(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: v, namespace: shop}
                spec: {hosts: [catalog]}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.KIND_WITHOUT_EFFECT);
  }

  @Test
  void requestAuthenticationIsAnErrorAsNothingChecksTokens() {
    Finding finding =
        only(
            analyze(
                """
                apiVersion: security.istio.io/v1
                kind: RequestAuthentication
                metadata: {name: r, namespace: shop}
                spec: {}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.REQUEST_AUTHENTICATION_WITHOUT_EFFECT);
    assertThat(finding.level()).isEqualTo(Level.ERROR);
  }

  @Test
  void selectorOfTheRootNamespaceThatReachesSeveralIsTold() {
    List<Finding> findings =
        analyze(
            MESHED,
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: catalog, namespace: annex}
            spec: {template: {metadata: {labels: {app: catalog, istio.io/dataplane-mode: ambient}}, spec: {containers: [{name: c}]}}}
            """,
            policy(
                    """
                    selector: {matchLabels: {app: catalog}}
                    rules: [{from: [{source: {namespaces: [shop]}}]}]
                    """)
                .replace("namespace: shop}", "namespace: istio-system}"));

    assertThat(only(findings).code()).isEqualTo(FindingCode.POLICY_REACHES_NAMESPACES);
    assertThat(only(findings).value()).isEqualTo("annex, shop");
  }

  @Test
  void policyThatDeniesEverythingIsTold() {
    Finding finding = only(analyze(MESHED, policy("selector: {matchLabels: {app: catalog}}")));

    assertThat(finding.code()).isEqualTo(FindingCode.POLICY_DENIES_ALL);
  }

  @Test
  void nameThatIsNoNameIsAnError() {
    Finding finding =
        only(
            analyze(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: Not_A_Name, namespace: shop}
                spec: {ports: [{port: 80}]}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.OBJECT_INVALID);
  }

  @Test
  void unknownVersionIsAnError() {
    Finding finding =
        only(
            analyze(
                """
                apiVersion: security.istio.io/v9
                kind: PeerAuthentication
                metadata: {name: p, namespace: shop}
                spec: {mtls: {mode: STRICT}}
                """));

    assertThat(finding.code()).isEqualTo(FindingCode.OBJECT_INVALID);
    assertThat(finding.field()).isEqualTo("apiVersion");
  }
}
