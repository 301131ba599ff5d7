package dev.groundmesh.controller.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all objects have.
 *
 * @param namespace empty for kinds without a namespace
 * @param uid empty where the manifest has none
 * @param created milliseconds since the epoch; {@link Long#MAX_VALUE} where unknown, so that a
 *     known age counts as the older
 * @param contentHash hash of the object's own content; the same content has the same hash wherever
 *     it was read; empty where the API server tells versions apart
 * @param generation the API server's count of the changes to what the user wrote; 0 where unknown
 */
public record Metadata(
    String namespace,
    String name,
    String uid,
    Map<String, String> labels,
    Map<String, String> annotations,
    long created,
    String contentHash,
    long generation) {

  public Metadata {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
  }

  /** Metadata of an object that has only a name and labels. */
  public static Metadata named(String namespace, String name, Map<String, String> labels) {
    return new Metadata(namespace, name, "", labels, Map.of(), Long.MAX_VALUE, "", 0);
  }

  public @Nullable String label(String key) {
    return labels.get(key);
  }

  public @Nullable String annotation(String key) {
    return annotations.get(key);
  }
}
