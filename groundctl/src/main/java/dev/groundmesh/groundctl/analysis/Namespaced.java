package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Objects as the API server would hold them: with the namespace that they go to. */
final class Namespaced {
  private Namespaced() {}

  static JsonNode json(SourceObject object) {
    JsonNode json = object.json();
    String namespace = object.ref().namespace();
    if (namespace.isEmpty() || json.path("metadata").path("namespace").asText().equals(namespace)) {
      return json;
    }
    ObjectNode copy = json.deepCopy();
    ((ObjectNode) copy.path("metadata")).put("namespace", namespace);
    return copy;
  }
}
