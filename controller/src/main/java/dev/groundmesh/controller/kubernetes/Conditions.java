package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.status.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Our conditions among those that others write into the same status. Pure. */
final class Conditions {

  /** What Kubernetes takes. */
  private static final int LONGEST_MESSAGE = 32_768;

  private static final Set<String> OURS =
      Set.of("ZtunnelAccepted", "WaypointAccepted", "istio.io/WaypointBound");

  private Conditions() {}

  /**
   * The list to write.
   *
   * @param present what the object has
   * @param generation that the wanted conditions speak of; 0: the kind does not count
   * @return the present list, equal to it, if there is nothing to change
   */
  static ArrayNode merge(JsonNode present, List<Condition> wanted, long generation, Instant now) {
    ArrayNode merged = JsonNodeFactory.instance.arrayNode();
    Map<String, JsonNode> before = new HashMap<>();
    for (JsonNode condition : present) {
      String type = condition.path("type").asText();
      before.put(type, condition);
      if (!isOurs(type)) {
        merged.add(condition);
      } else {
        wanted.stream()
            .filter(ours -> ours.type().equals(type))
            .forEach(ours -> merged.add(json(ours, condition, generation, now)));
      }
    }
    for (Condition condition : wanted) {
      if (!before.containsKey(condition.type())) {
        merged.add(json(condition, JsonNodeFactory.instance.objectNode(), generation, now));
      }
    }
    return merged;
  }

  private static boolean isOurs(String type) {
    return OURS.contains(type) || type.startsWith("groundmesh.dev/");
  }

  private static ObjectNode json(
      Condition condition, JsonNode before, long generation, Instant now) {
    String status = condition.status() ? "True" : "False";
    JsonNode since = before.path("lastTransitionTime");
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", condition.type());
    json.put("status", status);
    json.put("reason", condition.reason());
    json.put("message", shortened(condition.message()));
    json.put(
        "lastTransitionTime",
        before.path("status").asText().equals(status) && since.isTextual()
            ? since.asText()
            : now.truncatedTo(ChronoUnit.SECONDS).toString());
    if (generation > 0) {
      json.put("observedGeneration", generation);
    }
    // Numbers of either width and texts are the same to the API server, and some kinds have
    // written the generation as a text: equal is what is written alike.
    return same(json, before) && before instanceof ObjectNode unchanged ? unchanged : json;
  }

  private static boolean same(ObjectNode json, JsonNode before) {
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!field.getValue().asText().equals(before.path(field.getKey()).asText())) {
        return false;
      }
    }
    return true;
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE);
  }
}
