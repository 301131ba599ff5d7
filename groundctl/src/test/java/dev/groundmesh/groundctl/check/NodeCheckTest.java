package dev.groundmesh.groundctl.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.groundctl.check.CheckResult.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeCheckTest {
  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text.replace('\'', '"'));
  }

  private static JsonNode node(String name, String address) throws Exception {
    return json(
        "{'metadata': {'name': '%s'}, 'status': {'addresses': [{'address': '%s'}]}}"
            .formatted(name, address));
  }

  private static JsonNode answer(String address, int uplink, int bridge) throws Exception {
    return json(
        """
        {'fit': true, 'needs': [{'name': 'kernel', 'met': true, 'found': '6.1', 'remedy': 'r'}],
         'interfaces': [{'name': 'eth0', 'mtu': %d, 'addresses': ['%s']},
                        {'name': 'cni0', 'mtu': %d, 'addresses': ['10.244.0.1']}]}
        """
            .formatted(uplink, address, bridge));
  }

  @Test
  void nodesThatAreAlikeAreFit() throws Exception {
    assertThat(
            NodeCheck.run(
                List.of(node("a", "10.0.0.1"), node("b", "10.0.0.2")),
                Map.of("a", answer("10.0.0.1", 1500, 1500), "b", answer("10.0.0.2", 1500, 1450))))
        .extracting(CheckResult::outcome)
        .containsOnly(Outcome.OK);
  }

  @Test
  void needThatIsNotMetIsToldWithItsRemedy() throws Exception {
    List<CheckResult> results =
        NodeCheck.run(
            List.of(node("a", "10.0.0.1")),
            Map.of(
                "a",
                json(
                    "{'needs': [{'name': 'bpf', 'met': false, 'found': 'none', 'remedy': 'mount'}]}")));

    assertThat(results)
        .containsExactly(CheckResult.failed("agent needs bpf", "a", "none", "mount"));
  }

  @Test
  void podsWithLargerPacketsThanTheNodeTakesAreDoubtful() throws Exception {
    assertThat(
            NodeCheck.run(
                List.of(node("a", "10.0.0.1")), Map.of("a", answer("10.0.0.1", 1400, 1500))))
        .contains(
            CheckResult.doubtful(
                "mtu of pods",
                "a",
                "cni0 1500, the node 1400",
                "lower the CNI plugin's MTU to the node's, less what its encapsulation takes"));
  }

  @Test
  void nodesOfDifferentMtuAreDoubtful() throws Exception {
    assertThat(
            NodeCheck.run(
                List.of(node("a", "10.0.0.1"), node("b", "10.0.0.2")),
                Map.of("a", answer("10.0.0.1", 1500, 1400), "b", answer("10.0.0.2", 9000, 1400))))
        .anySatisfy(
            result -> {
              assertThat(result.name()).isEqualTo("mtu of the nodes");
              assertThat(result.outcome()).isEqualTo(Outcome.DOUBTFUL);
            });
  }

  @Test
  void nodeThatCannotBeLookedIntoIsFailed() throws Exception {
    assertThat(
            NodeCheck.run(
                List.of(node("a", "10.0.0.1")),
                Map.of("a", json("{'failure': 'ErrImageNeverPull'}"))))
        .extracting(CheckResult::outcome)
        .containsExactly(Outcome.FAILED);
  }
}
