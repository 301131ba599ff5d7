package dev.groundmesh.controller.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.AuthorizationPolicy;
import dev.groundmesh.controller.source.ManifestTexts;
import dev.groundmesh.controller.source.ObjectChange;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import dev.groundmesh.meshapi.proto.security.StringMatch;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthorizationConversionTest {

  private static final AuthorizationConversion OURS =
      new AuthorizationConversion("istio-system", "td", true, false);
  private static final AuthorizationConversion ISTIOS =
      new AuthorizationConversion("istio-system", "td", false, false);

  /**
   * Each rule of the conversion: the policy's rule in flow style, what it becomes here, and with
   * Istio's behaviour.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ALLOW | {}                                                                        | []                             | []
          ALLOW | {from: [{source: {principals: ["td/ns/a/sa/b"]}}]}                        | [principal=td/ns/a/sa/b]       | same
          ALLOW | {from: [{source: {principals: ["*"]}}]}                                   | [principal=any]                | same
          ALLOW | {from: [{source: {principals: ["*/sa/b"]}}]}                              | [principal=..../sa/b]          | same
          ALLOW | {from: [{source: {principals: ["td/*"]}}]}                                | [principal=td/....]            | same
          ALLOW | {from: [{source: {notPrincipals: ["*"]}}]}                                | [not principal=any]            | same
          ALLOW | {from: [{source: {principals: ["cluster.local/ns/a/sa/b"]}}]}             | [principal=td/ns/a/sa/b]       | same
          ALLOW | {from: [{source: {notPrincipals: ["cluster.local/ns/a/*"]}}]}             | [not principal=td/ns/a/....]   | same
          ALLOW | {when: [{key: source.principal, values: ["cluster.local/ns/a/sa/b"]}]}    | [principal=td/ns/a/sa/b]       | same
          ALLOW | {from: [{source: {principals: ["spiffe://td/ns/a/sa/b"]}}]}               | [principal=spiffe://td/ns/a/sa/b] | same
          ALLOW | {from: [{source: {notPrincipals: ["spiffe://td/ns/a/sa/b"]}}]}            | [not principal=td/ns/a/sa/b]   | same
          DENY  | {from: [{source: {principals: ["spiffe://cluster.local/ns/a/sa/b"]}}]}    | [principal=td/ns/a/sa/b]       | same
          DENY  | {when: [{key: source.principal, values: ["spiffe://td/*"]}]}              | [principal=td/....]            | same
          DENY  | {from: [{source: {notPrincipals: ["spiffe://td/ns/a/sa/b"]}}]}            | [not principal=spiffe://td/ns/a/sa/b] | same
          ALLOW | {from: [{source: {namespaces: ["a"], ipBlocks: ["10.1.0.0/16"]}}]}        | [namespace=a & ip=0a010000/16] | same
          ALLOW | {from: [{source: {namespaces: ["a"]}}, {source: {namespaces: ["b"]}}]}    | [namespace=a or namespace=b]   | same
          ALLOW | {from: [{source: {serviceAccounts: ["x", "o/y"]}}]}                       | [sa=shop/x,o/y]                | same
          ALLOW | {to: [{operation: {ports: ["80"], notPorts: ["81"]}}]}                    | [port=80 & not port=81]        | same
          ALLOW | {when: [{key: source.namespace, notValues: ["a"]}]}                       | [not namespace=a]              | same
          ALLOW | {when: [{key: source.principal, values: ["p"]}]}                          | [principal=p]                  | same
          ALLOW | {when: [{key: source.ip, values: ["10.0.0.1"]}]}                          | [ip=0a000001/32]               | same
          ALLOW | {from: [{source: {ipBlocks: ["::ffff:10.1.0.0/112", "fd00::/8"]}}]}       | [ip=0a010000/16,fd000000000000000000000000000000/8] | same
          ALLOW | {when: [{key: destination.ip, values: ["10.0.0.1"]}]}                     | [dst=0a000001/32]              | same
          ALLOW | {when: [{key: destination.port, values: ["80"]}]}                         | [port=80]                      | same
          ALLOW | {to: [{operation: {ports: ["80"]}}], from: [{source: {namespaces: [a]}}]} | [port=80][namespace=a]         | same
          ALLOW | {to: [{operation: {methods: [GET]}}]}                                     | dropped                        | same
          ALLOW | {to: [{operation: {ports: ["80"], paths: [/x]}}]}                         | dropped                        | same
          ALLOW | {from: [{source: {requestPrincipals: ["*"]}}]}                            | dropped                        | same
          ALLOW | {from: [{source: {remoteIpBlocks: ["10.0.0.1"]}}]}                        | dropped                        | same
          ALLOW | {from: [{source: {trustDomains: ["td"]}}]}                                | dropped                        | same
          ALLOW | {when: [{key: "request.headers[x]", values: [y]}]}                        | dropped                        | same
          DENY  | {}                                                                        | []                             | []
          DENY  | {to: [{operation: {ports: ["80"], paths: [/x]}}]}                         | [port=80]                      | same
          DENY  | {to: [{operation: {paths: [/x]}}]}                                        | []                             | [none]
          DENY  | {to: [{operation: {paths: [/x]}}], from: [{source: {namespaces: [a]}}]}   | [namespace=a]                  | [none][namespace=a]
          DENY  | {to: [{operation: {paths: [/x]}}, {operation: {ports: ["80"]}}]}          | []                             | [none or port=80]
          DENY  | {from: [{source: {requestPrincipals: ["*"]}}]}                            | []                             | [none]
          DENY  | {when: [{key: "request.headers[x]", values: [y]}]}                        | []                             | [none]
          """)
  void aRuleBecomesWhatL4CanSeeOfIt(String action, String rule, String ours, String istios) {
    AuthorizationPolicy policy = policy("action: " + action + "\n  rules: [" + rule + "]");

    assertThat(text(OURS, policy)).isEqualTo(ours);
    assertThat(text(ISTIOS, policy)).isEqualTo(istios.equals("same") ? ours : istios);
  }

  @Test
  void anAllowPolicyWithoutRulesStaysAndMatchesNothing() {
    Conversion conversion = OURS.convert(policy("action: ALLOW"));

    assertThat(Objects.requireNonNull(conversion.authorization()).getGroupsList()).isEmpty();
    assertThat(Objects.requireNonNull(conversion.condition()).reason()).isEqualTo("Accepted");
  }

  @Test
  void theAuthorIsToldWhatL4CannotSee() {
    Conversion conversion =
        OURS.convert(
            policy("action: DENY\n  rules: [{to: [{operation: {paths: [/x], methods: [GET]}}]}]"));

    assertThat(Objects.requireNonNull(conversion.condition()))
        .satisfies(
            condition -> {
              assertThat(condition.type()).isEqualTo("ZtunnelAccepted");
              assertThat(condition.status()).isTrue();
              assertThat(condition.reason()).isEqualTo("UnsupportedValue");
              assertThat(condition.message())
                  .contains("methods, paths", "denies more than it says");
            });
  }

  @Test
  void theAuthorIsToldThatNothingIsLeftWithIstiosBehaviour() {
    Conversion conversion =
        ISTIOS.convert(policy("action: DENY\n  rules: [{to: [{operation: {paths: [/x]}}]}]"));

    assertThat(Objects.requireNonNull(conversion.condition()).message()).contains("no effect");
  }

  @ParameterizedTest
  @CsvSource({"AUDIT", "CUSTOM"})
  void otherActionsAreNotForL4AndSaySo(String action) {
    String provider = action.equals("CUSTOM") ? "\n  provider: {name: p}" : "";
    Conversion conversion =
        OURS.convert(policy("action: " + action + provider + "\n  rules: [{}]"));

    assertThat(conversion.authorization()).isNull();
    assertThat(Objects.requireNonNull(conversion.condition()))
        .satisfies(
            condition -> {
              assertThat(condition.status()).isFalse();
              assertThat(condition.reason()).isEqualTo("UnsupportedValue");
              assertThat(condition.message()).contains("spec.action", action);
            });
  }

  @Test
  void aPolicyForAWaypointIsNotForL4() {
    Conversion conversion =
        OURS.convert(policy("targetRefs: [{kind: Service, name: a}]\n  rules: [{}]"));

    assertThat(conversion.authorization()).isNull();
    assertThat(conversion.condition()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "shop, '{matchLabels: {app: a}}', WORKLOAD_SELECTOR",
    "shop, '{}', NAMESPACE",
    "istio-system, '{}', GLOBAL",
    "istio-system, '{matchLabels: {app: a}}', WORKLOAD_SELECTOR"
  })
  void theScopeComesFromSelectorAndNamespace(String namespace, String selector, String scope) {
    AuthorizationPolicy policy = policy(namespace, "", "selector: " + selector + "\n  rules: [{}]");

    assertThat(Objects.requireNonNull(OURS.convert(policy).authorization()).getScope())
        .hasToString(scope);
  }

  @Test
  void aDryRunIsRefusedUnlessAllowed() {
    AuthorizationPolicy policy =
        policy("shop", "annotations: {istio.io/dry-run: \"true\"}", "rules: [{}]");

    assertThat(OURS.convert(policy).authorization()).isNull();
    assertThat(
            Objects.requireNonNull(
                    new AuthorizationConversion("istio-system", "td", true, true)
                        .convert(policy)
                        .authorization())
                .getDryRun())
        .isTrue();
  }

  static AuthorizationPolicy policy(String spec) {
    return policy("shop", "", spec);
  }

  private static AuthorizationPolicy policy(String namespace, String metadata, String spec) {
    List<ObjectChange> changes =
        new ManifestTexts()
            .write(
                "policy.yaml",
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata:
                  name: policy
                  namespace: %s
                  %s
                spec:
                  %s
                """
                    .formatted(namespace, metadata, spec));
    assertThat(changes).hasSize(1).first().isInstanceOf(ObjectChange.Put.class);
    return (AuthorizationPolicy) ((ObjectChange.Put) changes.getFirst()).object();
  }

  private static String text(AuthorizationConversion conversion, AuthorizationPolicy policy) {
    Authorization authorization =
        Objects.requireNonNull(conversion.convert(policy).authorization());
    if (authorization.getGroupsList().isEmpty()) {
      return "dropped";
    }
    Group group = authorization.getGroups(0);
    if (group.getRulesList().isEmpty()) {
      return "[]";
    }
    StringBuilder text = new StringBuilder();
    for (Rules rules : group.getRulesList()) {
      text.append('[')
          .append(
              String.join(
                  " or ",
                  rules.getMatchesList().stream().map(AuthorizationConversionTest::text).toList()))
          .append(']');
    }
    return text.toString();
  }

  private static String text(Match match) {
    List<String> parts = new ArrayList<>();
    add(parts, "namespace", strings(match.getNamespacesList()));
    add(parts, "not namespace", strings(match.getNotNamespacesList()));
    add(parts, "principal", strings(match.getPrincipalsList()));
    add(parts, "not principal", strings(match.getNotPrincipalsList()));
    add(
        parts,
        "sa",
        match.getServiceAccountsList().stream()
            .map(sa -> sa.getNamespace() + '/' + sa.getServiceAccount())
            .toList());
    add(parts, "ip", addresses(match.getSourceIpsList()));
    add(parts, "dst", addresses(match.getDestinationIpsList()));
    add(parts, "port", match.getDestinationPortsList().stream().map(String::valueOf).toList());
    add(
        parts,
        "not port",
        match.getNotDestinationPortsList().stream().map(String::valueOf).toList());
    return parts.isEmpty() ? "none" : String.join(" & ", parts);
  }

  private static void add(List<String> parts, String name, List<String> values) {
    if (!values.isEmpty()) {
      parts.add(name + '=' + String.join(",", values));
    }
  }

  private static List<String> strings(List<StringMatch> matches) {
    return matches.stream()
        .map(
            match ->
                switch (match.getMatchTypeCase()) {
                  case EXACT -> match.getExact();
                  case PREFIX -> match.getPrefix() + "....";
                  case SUFFIX -> "...." + match.getSuffix();
                  case PRESENCE -> "any";
                  case MATCHTYPE_NOT_SET -> "unset";
                })
        .toList();
  }

  private static List<String> addresses(
      List<dev.groundmesh.meshapi.proto.security.Address> addresses) {
    return addresses.stream()
        .map(a -> HexFormat.of().formatHex(a.getAddress().toByteArray()) + '/' + a.getLength())
        .toList();
  }
}
