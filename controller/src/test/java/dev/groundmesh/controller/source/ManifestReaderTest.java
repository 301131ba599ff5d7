package dev.groundmesh.controller.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.groundmesh.controller.model.MeshObject;
import dev.groundmesh.controller.model.Pod;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.model.Service;
import dev.groundmesh.controller.source.ManifestReader.Contents;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestReaderTest {

  private final List<String> unknown = new ArrayList<>();
  private final ManifestReader reader = new ManifestReader(unknown::add);

  /** For each kind what can be wrong: kind, spec in flow style, field, and what was expected. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          Pod                 | {nodeName: 7}                                                          | spec.nodeName                     | a string, in quotes
          Pod                 | {containers: [{ports: [{name: a, containerPort: 70000}]}]}             | spec.containers[0].ports[0].containerPort | a number from 1 to 65535
          Pod                 | {hostNetwork: "yes"}                                                   | spec.hostNetwork                  | true or false
          Pod                 | [a]                                                                    | spec                              | a mapping
          Service             | {ports: [{port: 0}]}                                                   | spec.ports[0].port                | a number from 1 to 65535
          Service             | {ports: [{name: a}]}                                                   | spec.ports[0].port                | a number from 1 to 65535
          Service             | {ports: [{port: 80}, {port: 80}]}                                      | spec.ports[1].port                | each port once
          Service             | {ports: [{port: 80, protocol: HTTP}]}                                  | spec.ports[0].protocol            | one of TCP, UDP, SCTP
          Service             | {ports: [{port: 80, targetPort: 99999}]}                               | spec.ports[0].targetPort          | a number from 1 to 65535, or a port's name
          Service             | {clusterIP: 10.0.0.256}                                                | spec.clusterIP                    | an IP address, or None
          Service             | {internalTrafficPolicy: Node}                                          | spec.internalTrafficPolicy        | one of Cluster, Local
          Service             | {trafficDistribution: Near}                                            | spec.trafficDistribution          | one of PreferClose
          Service             | {ipFamilies: [IPv5]}                                                   | spec.ipFamilies                   | one of IPv4, IPv6
          Service             | {selector: {app: 1}}                                                   | spec.selector.app                 | a string, in quotes
          ServiceEntry        | {ports: []}                                                            | spec.hosts                        | at least one host
          ServiceEntry        | {hosts: ["a b"]}                                                       | spec.hosts                        | a host name, or one with *. in front
          ServiceEntry        | {hosts: [a.b, A.b]}                                                    | spec.hosts                        | each host once
          ServiceEntry        | {hosts: [a.b], addresses: [10.0.0.0/33]}                               | spec.addresses                    | an IP address or a range
          ServiceEntry        | {hosts: [a.b], resolution: MAGIC}                                      | spec.resolution                   | one of NONE, STATIC, DNS
          ServiceEntry        | {hosts: [a.b], resolution: STATIC, endpoints: [{address: c.d}]}        | spec.endpoints[0].address         | an IP address, as resolution is STATIC
          ServiceEntry        | {hosts: [a.b], endpoints: [{address: 10.0.0.1}]}                       | spec.endpoints                    | resolution STATIC or DNS
          ServiceEntry        | {hosts: [a.b], ports: [{number: 1, protocol: SMTP}]}                   | spec.ports[0].protocol            | one of HTTP
          ServiceEntry        | {hosts: [a.b], resolution: DNS, endpoints: [{address: c}], workloadSelector: {labels: {a: b}}} | spec.endpoints | one of the two
          WorkloadEntry       | {serviceAccount: a}                                                    | spec.address                      | an IP address or a host name, or a network
          WorkloadEntry       | {address: 10.0.0.1, ports: {http: eighty}}                             | spec.ports.http                   | a number from 1 to 65535
          WorkloadEntry       | {address: 10.0.0.1, weight: -1}                                        | spec.weight                       | a number from 0
          Gateway             | {listeners: []}                                                        | spec.gatewayClassName             | a value that is not empty
          Gateway             | {gatewayClassName: a, listeners: [{allowedRoutes: {namespaces: {from: Some}}}]} | spec.listeners[0].allowedRoutes.namespaces.from | one of Same, All, Selector
          GatewayClass        | {}                                                                     | spec.controllerName               | a value that is not empty
          PeerAuthentication  | {mtls: {mode: STRONG}}                                                 | spec.mtls.mode                    | one of UNSET, DISABLE, PERMISSIVE, STRICT
          PeerAuthentication  | {portLevelMtls: {80: {mode: STRICT}}}                                  | spec.portLevelMtls                | a selector, or no ports
          PeerAuthentication  | {selector: {matchLabels: {a: b}}, portLevelMtls: {http: {mode: STRICT}}} | spec.portLevelMtls.http         | a port from 1 to 65535
          PeerAuthentication  | {mtsl: {mode: STRICT}}                                                 | spec.mtsl                         | one of mtls
          AuthorizationPolicy | {action: REFUSE, rules: [{}]}                                          | spec.action                       | one of ALLOW, DENY, AUDIT, CUSTOM
          AuthorizationPolicy | {action: DENY}                                                         | spec.rules                        | rules, as DENY without any never denies
          AuthorizationPolicy | {action: DENY, rules: []}                                              | spec.rules                        | rules, as DENY without any never denies
          AuthorizationPolicy | {rules: [{from: [{source: {ipBlocks: ["::ffff:10.0.0.0/24"]}}]}]}      | spec.rules[0].from[0].source.ipBlocks | an IP address or range
          AuthorizationPolicy | {rules: [{form: []}]}                                                  | spec.rules[0].form                | one of from, to, when
          AuthorizationPolicy | {rules: [{from: []}]}                                                  | spec.rules[0].from                | at least one entry
          AuthorizationPolicy | {rules: [{from: [{source: {}}]}]}                                      | spec.rules[0].from[0].source      | at least one attribute
          AuthorizationPolicy | {rules: [{to: [{operation: {ports: ["http"]}}]}]}                      | spec.rules[0].to[0].operation.ports | a port from 1 to 65535
          AuthorizationPolicy | {rules: [{to: [{operation: {ports: [80]}}]}]}                          | spec.rules[0].to[0].operation.ports[0] | a string, in quotes
          AuthorizationPolicy | {rules: [{from: [{source: {ipBlocks: ["10.0.0"]}}]}]}                  | spec.rules[0].from[0].source.ipBlocks | an IP address or range
          AuthorizationPolicy | {rules: [{from: [{source: {serviceAccounts: ["a/b/c"]}}]}]}            | spec.rules[0].from[0].source.serviceAccounts | name or namespace/name
          AuthorizationPolicy | {rules: [{from: [{source: {principal: ["a"]}}]}]}                      | spec.rules[0].from[0].source.principal | one of
          AuthorizationPolicy | {rules: [{when: [{key: source.port, values: ["1"]}]}]}                 | spec.rules[0].when[0].key         | an attribute
          AuthorizationPolicy | {rules: [{when: [{key: source.ip}]}]}                                  | spec.rules[0].when[0].values      | values or notValues
          AuthorizationPolicy | {targetRefs: [{kind: Pod, name: a}], rules: [{}]}                      | spec.targetRefs[0].kind           | one of Gateway
          AuthorizationPolicy | {selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: a}], rules: [{}]} | spec.targetRefs | one of the two
          """)
  void aBadValueIsNamedWithItsFieldAndWhatWasExpected(
      String kind, String spec, String field, String expected) {
    ReadObject manifest =
        only(
            "apiVersion: "
                + apiVersion(kind)
                + "\nkind: "
                + kind
                + "\nmetadata: {name: a}\nspec: "
                + spec
                + "\n");

    assertThat(manifest.object()).isNull();
    assertThat(manifest.errors())
        .anySatisfy(
            problem -> {
              assertThat(problem.field()).isEqualTo(field);
              assertThat(problem.expected()).contains(expected);
              assertThat(problem.line()).isEqualTo(4);
              assertThat(problem.file()).isEqualTo("a.yaml");
            });
  }

  @Test
  void anEndpointSlicesBadAddressIsNamed() {
    ReadObject manifest =
        only(
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: a, labels: {kubernetes.io/service-name: a}}
            addressType: IPv4
            endpoints:
            - addresses: [10.0.0]
            """);

    assertThat(messages(manifest.errors()))
        .containsExactly("a.yaml:6:14: endpoints[0].addresses: 10.0.0 (expected: an IP address)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kind: Pod | a.yaml:1:1: apiVersion: nothing (expected: a value that is not empty)",
        "{apiVersion: v1, kind: Pod} | a.yaml:1:1: metadata.name: nothing (expected: a value that is not empty)",
        "{apiVersion: v1, kind: Pod, metadata: {name: ../etc}} | a.yaml:1:46: metadata.name: ../etc (expected: a DNS name in lower case of at most 253 characters)",
        "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: A}} | a.yaml:1:60: metadata.namespace: A (expected: a DNS label in lower case of at most 63 characters)",
        "just text | a.yaml:1:1: just text (expected: an object with apiVersion, kind and metadata)"
      })
  void aDocumentThatIsNoObjectIsAProblemOfTheFile(String text, String message) {
    Contents contents = reader.read("a.yaml", text);

    assertThat(contents.manifests()).isEmpty();
    assertThat(messages(contents.problems())).containsExactly(message);
  }

  @Test
  void brokenYamlIsNamedWithItsPlaceAndWhatCameBeforeIsKept() {
    Contents contents =
        reader.read(
            "a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nkind: [\n---\n");

    assertThat(contents.manifests()).hasSize(1);
    assertThat(contents.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.line()).isPositive();
              assertThat(problem.expected()).startsWith("YAML");
            });
  }

  @Test
  void listsAndSeveralDocumentsAreRead() {
    Contents contents =
        reader.read(
            "a.yaml",
            """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Namespace, metadata: {name: a}}
            - {apiVersion: v1, kind: Namespace, metadata: {name: b}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: c}
            ---
            """);

    assertThat(contents.problems()).isEmpty();
    assertThat(contents.manifests()).extracting(m -> m.key().name()).containsExactly("a", "b", "c");
  }

  @Test
  void otherKindsAreIgnoredAndMentioned() {
    Contents contents =
        reader.read(
            "a.yaml", "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}}");

    assertThat(contents.manifests()).isEmpty();
    assertThat(contents.problems()).isEmpty();
    assertThat(unknown).containsExactly("serving.knative.dev/v1 Service");
  }

  @Test
  void anUnknownFieldOfAServiceIsAWarning() {
    ReadObject manifest =
        only("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {prots: []}}");

    assertThat(manifest.object()).isNotNull();
    assertThat(manifest.warnings()).extracting(Problem::field).containsExactly("spec.prots");
  }

  @Test
  void aFieldWrittenTwiceIsAnError() {
    ReadObject manifest =
        only("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: A, type: B}}");

    assertThat(manifest.errors()).extracting(Problem::expected).containsExactly("each field once");
  }

  @Test
  void aDocumentOfNestedAliasesIsRefusedNotExpanded() {
    StringBuilder text = new StringBuilder("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
    text.append("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i <= 12; i++) {
      text.append("a").append(i).append(": &a").append(i).append(" [");
      text.append(String.join(", ", Collections.nCopies(4, "*a" + (i - 1))));
      text.append("]\n");
    }

    assertThat(reader.read("a.yaml", text.toString()).problems())
        .extracting(Problem::expected)
        .singleElement()
        .asString()
        .contains("fewer than");
  }

  @Test
  void theHashIsOfWhatADocumentSaysNotOfItsLayout() {
    ReadObject block = only("# a comment\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n");
    ReadObject flow = only("{kind: Namespace, metadata: {name: \"a\"}, apiVersion: v1}");
    ReadObject other = only("{kind: Namespace, metadata: {name: b}, apiVersion: v1}");

    assertThat(block.metadata().contentHash())
        .isEqualTo(flow.metadata().contentHash())
        .isNotEqualTo(other.metadata().contentHash());
  }

  @Test
  void aPodIsReadWithWhatTheMeshUses() {
    Pod pod =
        (Pod)
            object(
                """
                    apiVersion: v1
                    kind: Pod
                    metadata:
                      name: web-7d4b9-x2x
                      namespace: shop
                      generateName: web-7d4b9-
                      labels: {app: web, pod-template-hash: 7d4b9}
                      ownerReferences: [{kind: ReplicaSet, name: web-7d4b9, controller: true}]
                    spec:
                      nodeName: n1
                      containers:
                      - name: c
                        ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]
                    status:
                      podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
                      conditions: [{type: Ready, status: "False"}]
                    """);

    assertThat(pod.workloadName()).isEqualTo("web");
    assertThat(pod.serviceAccount()).isEqualTo("default");
    assertThat(pod.namedPorts()).isEqualTo(Map.of("http", 8080));
    assertThat(pod.addresses()).containsExactly("10.0.0.1", "fd00::1");
    assertThat(pod.ready()).isFalse();
  }

  @Test
  void aPodWithoutStatusIsReadyAndTakesItsAddressesFromTheAnnotation() {
    Pod pod =
        (Pod)
            object(
                """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: a, annotations: {groundmesh.dev/pod-ips: "10.0.0.1, fd00::1"}}
                    spec: {nodeName: n1}
                    """);

    assertThat(pod.ready()).isTrue();
    assertThat(pod.addresses()).containsExactly("10.0.0.1", "fd00::1");
  }

  @Test
  void aHeadlessServiceIsToldFromOneThatAwaitsItsAddress() {
    Service headless =
        (Service)
            object("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}");
    Service awaiting =
        (Service) object("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}");

    assertThat(headless.headless()).isTrue();
    assertThat(awaiting.headless()).isFalse();
  }

  @FuzzTest
  void noTextMakesTheReaderThrow(byte[] text) {
    Contents contents = reader.read("a.yaml", new String(text, StandardCharsets.UTF_8));

    assertThat(contents.manifests())
        .allSatisfy(m -> assertThat(m.object() != null || !m.errors().isEmpty()).isTrue());
  }

  private MeshObject object(String text) {
    return Objects.requireNonNull(only(text).object());
  }

  private ReadObject only(String text) {
    Contents contents = reader.read("a.yaml", text);
    assertThat(messages(contents.problems())).isEmpty();
    assertThat(contents.manifests()).hasSize(1);
    return contents.manifests().getFirst();
  }

  private static List<String> messages(List<Problem> problems) {
    return problems.stream().map(Problem::message).toList();
  }

  private static String apiVersion(String kind) {
    return Stream.of(dev.groundmesh.controller.model.Kind.values())
        .filter(k -> k.text().equals(kind))
        .findFirst()
        .map(k -> k.group().isEmpty() ? "v1" : k.group() + "/v1")
        .orElseThrow();
  }
}
