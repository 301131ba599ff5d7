package dev.groundmesh.groundctl.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class StatusCommandTest {
  private static boolean inOrder(String agents, String objects) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode read = json.readTree(agents.replace('\'', '"'));
    return StatusCommand.inOrder(read, json.readTree(objects.replace('\'', '"')));
  }

  private static String agent(long lagMillis) {
    return agent(lagMillis, false, "null");
  }

  private static String agent(long lagMillis, boolean refuses, String refusal) {
    return "[{'types': [{'lagMillis': %d, 'refuses': %s, 'lastNack': %s}]}]"
        .formatted(lagMillis, refuses, refusal);
  }

  @Test
  void agentsThatHaveEverythingAreInOrder() throws Exception {
    assertThat(inOrder(agent(10_000), "[{'conditions': [{'status': 'True'}]}]")).isTrue();
  }

  @Test
  void noAgentIsNotInOrder() throws Exception {
    assertThat(inOrder("[]", "[]")).isFalse();
  }

  @Test
  void anAgentThatIsBehindIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(10_001), "[]")).isFalse();
  }

  @Test
  void anAgentThatRefusesSomethingIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(0, true, "'no such type'"), "[]")).isFalse();
  }

  @Test
  void anAgentThatRefusedSomethingBeforeWhatItHasNowIsInOrder() throws Exception {
    assertThat(inOrder(agent(0, false, "'no such type'"), "[]")).isTrue();
  }

  @Test
  void aConditionThatDoesNotHoldIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(0), "[{'conditions': [{'status': 'False'}]}]")).isFalse();
  }
}
