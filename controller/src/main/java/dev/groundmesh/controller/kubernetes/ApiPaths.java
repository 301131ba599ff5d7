package dev.groundmesh.controller.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.ObjectKey;
import java.io.IOException;
import java.util.Optional;

/** Where the API server of a cluster has the kinds. */
final class ApiPaths {

  private final ApiRequests api;

  ApiPaths(ApiRequests api) {
    this.api = api;
  }

  /**
   * The path of all objects of a kind, in the preferred of the versions that the cluster serves;
   * empty if it does not have the kind. Asks the API server.
   */
  Optional<String> find(Kind kind) throws IOException, InterruptedException {
    return groupVersion(kind).map(groupVersion -> groupVersion + '/' + kind.plural());
  }

  /** The same for one object. */
  Optional<String> find(ObjectKey key) throws IOException, InterruptedException {
    String namespace = key.namespace().isEmpty() ? "/" : "/namespaces/" + key.namespace() + '/';
    return groupVersion(key.kind())
        .map(groupVersion -> groupVersion + namespace + key.kind().plural() + '/' + key.name());
  }

  private Optional<String> groupVersion(Kind kind) throws IOException, InterruptedException {
    if (kind.group().isEmpty()) {
      return Optional.of("/api/v1");
    }
    String group = "/apis/" + kind.group();
    try {
      JsonNode versions = api.get(group).path("versions");
      for (String wanted : kind.versions()) {
        for (JsonNode served : versions) {
          String groupVersion = group + '/' + wanted;
          if (served.path("version").asText().equals(wanted) && serves(groupVersion, kind)) {
            return Optional.of(groupVersion);
          }
        }
      }
      return Optional.empty();
    } catch (ApiException e) {
      if (e.code() == ApiException.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean serves(String groupVersion, Kind kind) throws IOException, InterruptedException {
    for (JsonNode resource : api.get(groupVersion).path("resources")) {
      if (resource.path("name").asText().equals(kind.plural())) {
        return true;
      }
    }
    return false;
  }
}
