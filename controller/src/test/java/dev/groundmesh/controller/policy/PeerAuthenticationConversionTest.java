package dev.groundmesh.controller.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.groundmesh.controller.model.Metadata;
import dev.groundmesh.controller.model.PeerAuthentication;
import dev.groundmesh.controller.model.PeerAuthentication.Mode;
import dev.groundmesh.meshapi.proto.security.Authorization;
import dev.groundmesh.meshapi.proto.security.Group;
import dev.groundmesh.meshapi.proto.security.Match;
import dev.groundmesh.meshapi.proto.security.Rules;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerAuthenticationConversionTest {

  private final PeerAuthenticationConversion conversion =
      new PeerAuthenticationConversion("istio-system");

  /**
   * Mode of the mesh, the namespace and the workload ({@code -}: no policy), modes of ports 80 and
   * 81; what the workload lists and what the port-level policy denies.
   */
  @ParameterizedTest
  @CsvSource({
    "-, -, -, -, -,                            , ",
    "PERMISSIVE, -, -, -, -,                   , ",
    "STRICT, -, -, -, -,                       strict, ",
    "STRICT, PERMISSIVE, -, -, -,              , ",
    "STRICT, DISABLE, -, -, -,                 , ",
    "STRICT, UNSET, -, -, -,                   strict, ",
    "PERMISSIVE, STRICT, -, -, -,              strict, ",
    "STRICT, STRICT, PERMISSIVE, -, -,         , ",
    "STRICT, STRICT, DISABLE, -, -,            , ",
    "-, -, STRICT, -, -,                       strict, ",
    "-, STRICT, UNSET, -, -,                   strict, ",
    "-, -, STRICT, PERMISSIVE, -,              port, 'anonymous & !80'",
    "-, -, STRICT, DISABLE, PERMISSIVE,        port, 'anonymous & !80,81'",
    "-, -, STRICT, STRICT, -,                  strict, ",
    "-, -, PERMISSIVE, STRICT, -,              port, 'anonymous on 80'",
    "-, -, PERMISSIVE, STRICT, STRICT,         port, 'anonymous on 80 | anonymous on 81'",
    "-, -, PERMISSIVE, PERMISSIVE, -,          , ",
    "STRICT, -, UNSET, PERMISSIVE, -,          port, 'anonymous & !80'",
    "STRICT, -, UNSET, STRICT, -,              strict, ",
    "-, PERMISSIVE, UNSET, STRICT, -,          port, 'anonymous on 80'",
    "STRICT, -, UNSET, UNSET, -,               strict, ",
    "STRICT, -, UNSET, STRICT, PERMISSIVE,     port, 'anonymous & !81'"
  })
  void modesBecomeDenyPolicies(
      String mesh,
      String namespace,
      String workload,
      String port80,
      String port81,
      String lists,
      String denies) {
    Mode inherited =
        PeerAuthenticationConversion.inherited(
            policies("shop", namespace), policies("istio-system", mesh));
    List<PeerAuthentication> own =
        workload.equals("-") ? List.of() : List.of(own(workload, port80, port81));

    String expected =
        switch (String.valueOf(lists)) {
          case "strict" -> "istio-system/istio_converted_static_strict";
          case "port" -> "shop/converted_peer_authentication_own";
          default -> "";
        };
    assertThat(String.join(",", conversion.applied(own, inherited))).isEqualTo(expected);
    String policy =
        own.stream()
            .flatMap(p -> conversion.portLevel(p, inherited).stream())
            .map(PeerAuthenticationConversionTest::text)
            .collect(Collectors.joining());
    assertThat(policy).isEqualTo(denies == null ? "" : denies);
  }

  @Test
  void theOldestWinsAmongEquals() {
    PeerAuthentication younger = policy("shop", "a", Mode.STRICT, 2);
    PeerAuthentication older = policy("shop", "b", Mode.PERMISSIVE, 1);

    assertThat(PeerAuthenticationConversion.oldest(List.of(younger, older))).contains(older);
  }

  @Test
  void theStaticPolicyDeniesWhoeverHasNoIdentity() {
    assertThat(text(conversion.staticStrict())).isEqualTo("anonymous");
  }

  private static List<PeerAuthentication> policies(String namespace, String mode) {
    return mode.equals("-")
        ? List.of()
        : List.of(policy(namespace, "default", Mode.valueOf(mode), 1));
  }

  private static PeerAuthentication policy(String namespace, String name, Mode mode, long created) {
    return new PeerAuthentication(
        new Metadata(namespace, name, "", Map.of(), Map.of(), created, "", 0),
        Map.of(),
        mode,
        Map.of());
  }

  private static PeerAuthentication own(String mode, String port80, String port81) {
    Map<Integer, Mode> ports = new HashMap<>();
    if (!port80.equals("-")) {
      ports.put(80, Mode.valueOf(port80));
    }
    if (!port81.equals("-")) {
      ports.put(81, Mode.valueOf(port81));
    }
    return new PeerAuthentication(
        Metadata.named("shop", "own", Map.of()), Map.of("app", "a"), Mode.valueOf(mode), ports);
  }

  private static String text(Authorization authorization) {
    return authorization.getGroupsList().stream()
        .map(PeerAuthenticationConversionTest::text)
        .collect(Collectors.joining(" | "));
  }

  private static String text(Group group) {
    return group.getRulesList().stream()
        .map(PeerAuthenticationConversionTest::text)
        .collect(Collectors.joining(" & "));
  }

  private static String text(Rules rules) {
    Match match = rules.getMatches(0);
    if (match.getNotPrincipalsCount() == 0) {
      return "!"
          + match.getNotDestinationPortsList().stream()
              .map(String::valueOf)
              .collect(Collectors.joining(","));
    }
    return match.getDestinationPortsCount() == 0
        ? "anonymous"
        : "anonymous on " + match.getDestinationPorts(0);
  }
}
