package dev.groundmesh.controller.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.groundmesh.controller.status.Condition;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionsTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final Condition ACCEPTED =
      new Condition("ZtunnelAccepted", true, "Accepted", "attached");

  private static final String WRITTEN =
      """
      {"type":"ZtunnelAccepted","status":"True","reason":"Accepted","message":"attached",\
      "lastTransitionTime":"2026-01-02T03:04:05Z","observedGeneration":3}""";

  @Test
  void aNewConditionIsAddedBesideOthersConditions() throws JsonProcessingException {
    assertThat(merge("[{\"type\":\"Reconciled\",\"status\":\"True\"}]", List.of(ACCEPTED)))
        .isEqualTo(
            new ObjectMapper()
                .readTree("[{\"type\":\"Reconciled\",\"status\":\"True\"}," + WRITTEN + "]"));
  }

  @Test
  void whatIsThereAlreadyIsLeftAsItIs() throws JsonProcessingException {
    String asText =
        "[" + WRITTEN.replace("\"observedGeneration\":3", "\"observedGeneration\":\"3\"") + "]";

    assertThat(merge(asText, List.of(ACCEPTED))).isEqualTo(new ObjectMapper().readTree(asText));
  }

  @Test
  void theTimeIsThatOfTheLastChangeOfTheAnswer() throws JsonProcessingException {
    String before = "[" + WRITTEN.replace("2026-01-02T03:04:05Z", "2025-01-01T00:00:00Z") + "]";

    assertThat(
            merge(before, List.of(new Condition("ZtunnelAccepted", true, "UnsupportedValue", "m")))
                .get(0)
                .get("lastTransitionTime")
                .asText())
        .isEqualTo("2025-01-01T00:00:00Z");
    assertThat(
            merge(before, List.of(new Condition("ZtunnelAccepted", false, "Invalid", "m")))
                .get(0)
                .get("lastTransitionTime")
                .asText())
        .isEqualTo("2026-01-02T03:04:05Z");
  }

  @Test
  void aConditionOfOursThatNoLongerAppliesGoes() throws JsonProcessingException {
    assertThat(
            merge(
                "["
                    + WRITTEN
                    + ",{\"type\":\"istio.io/WaypointBound\",\"status\":\"True\"},"
                    + "{\"type\":\"Ready\",\"status\":\"True\"}]",
                List.of()))
        .isEqualTo(new ObjectMapper().readTree("[{\"type\":\"Ready\",\"status\":\"True\"}]"));
  }

  private static JsonNode merge(String present, List<Condition> wanted)
      throws JsonProcessingException {
    JsonNode merged = Conditions.merge(new ObjectMapper().readTree(present), wanted, 3, NOW);
    // As it is read back: numbers lose their Java type.
    return new ObjectMapper().readTree(merged.toString());
  }
}
