package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * One object as it was written.
 *
 * @param positions where it stands in a manifest; empty for an object of a cluster
 */
public record SourceObject(ObjectRef ref, JsonNode json, Optional<Positions> positions) {
  /**
   * An object, if the JSON names a kind and a name.
   *
   * @param defaultNamespace of namespaced kinds that name none
   */
  public static Optional<SourceObject> of(
      JsonNode json, Optional<Positions> positions, String defaultNamespace) {
    String apiVersion = json.path("apiVersion").asText();
    String kind = json.path("kind").asText();
    String name = json.path("metadata").path("name").asText();
    if (apiVersion.isEmpty() || kind.isEmpty() || name.isEmpty()) {
      return Optional.empty();
    }
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String namespace =
        KindScope.isClusterScoped(group, kind)
            ? ""
            : json.path("metadata").path("namespace").asText(defaultNamespace);
    return Optional.of(
        new SourceObject(new ObjectRef(group, kind, namespace, name), json, positions));
  }

  String apiVersion() {
    return json.path("apiVersion").asText();
  }

  JsonNode spec() {
    return json.path("spec");
  }

  /** The text of one label; empty where there is none. */
  String label(String key) {
    return json.path("metadata").path("labels").path(key).asText();
  }

  String annotation(String key) {
    return json.path("metadata").path("annotations").path(key).asText();
  }
}
