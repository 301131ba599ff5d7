package dev.groundmesh.groundctl.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** Fields of objects as the API server writes them. */
final class ObjectFields {
  private ObjectFields() {}

  static Optional<JsonNode> named(List<JsonNode> objects, String name) {
    return objects.stream().filter(object -> name(object).equals(name)).findFirst();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asText();
  }

  static String image(JsonNode workload) {
    return workload
        .path("spec")
        .path("template")
        .path("spec")
        .path("containers")
        .path(0)
        .path("image")
        .asText();
  }
}
