package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;

/** What the templates of Deployments and their like would make: manifests rarely hold pods. */
final class PodTemplates {
  private static final Map<String, String> TEMPLATE =
      Map.of(
          "apps/Deployment", "/spec/template",
          "apps/ReplicaSet", "/spec/template",
          "apps/StatefulSet", "/spec/template",
          "apps/DaemonSet", "/spec/template",
          "/ReplicationController", "/spec/template",
          "batch/Job", "/spec/template",
          "batch/CronJob", "/spec/jobTemplate/spec/template",
          "argoproj.io/Rollout", "/spec/template");

  private PodTemplates() {}

  /** The path of the template in the object, in the form of a field; empty: it has none. */
  static String field(ObjectRef ref) {
    String pointer = TEMPLATE.getOrDefault(ref.group() + '/' + ref.kind(), "");
    return pointer.isEmpty() ? "" : pointer.substring(1).replace('/', '.');
  }

  /**
   * A pod of the object's template.
   *
   * @param number tells the pods of one analysis from another: it makes name and address
   */
  static Optional<ObjectNode> pod(SourceObject object, int number) {
    String pointer = TEMPLATE.get(object.ref().group() + '/' + object.ref().kind());
    if (pointer == null || !(object.json().at(pointer) instanceof ObjectNode template)) {
      return Optional.empty();
    }
    ObjectNode pod = template.deepCopy();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    JsonNode written = pod.path("metadata");
    ObjectNode metadata = written instanceof ObjectNode there ? there : pod.putObject("metadata");
    metadata
        .put("namespace", object.ref().namespace())
        .put("name", object.ref().name() + ".template-" + number);
    // Of the block for documentation: no object has it.
    pod.putObject("status")
        .put("phase", "Running")
        .put(
            "podIP",
            "2001:db8::"
                + Integer.toHexString(number >>> 16)
                + ':'
                + Integer.toHexString(number & 0xffff));
    return Optional.of(pod);
  }
}
