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

  private static String agent(long lagMillis, String refusal) {
    return "[{'types': [{'lagMillis': " + lagMillis + ", 'lastNack': " + refusal + "}]}]";
  }

  @Test
  void agentsThatHaveEverythingAreInOrder() throws Exception {
    assertThat(inOrder(agent(10_000, "null"), "[{'conditions': [{'status': 'True'}]}]")).isTrue();
  }

  @Test
  void noAgentIsNotInOrder() throws Exception {
    assertThat(inOrder("[]", "[]")).isFalse();
  }

  @Test
  void anAgentThatIsBehindIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(10_001, "null"), "[]")).isFalse();
  }

  @Test
  void anAgentThatRefusesSomethingIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(0, "'no such type'"), "[]")).isFalse();
  }

  @Test
  void aConditionThatDoesNotHoldIsNotInOrder() throws Exception {
    assertThat(inOrder(agent(0, "null"), "[{'conditions': [{'status': 'False'}]}]")).isFalse();
  }
}
