package dev.groundmesh.groundctl.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.kube.ApiObjects;
import dev.groundmesh.groundctl.kube.ApiObjects.Resource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.List;

/** What a report has of the cluster beside the mesh's own pages: objects, events and logs. */
public final class ClusterPieces {
  private static final int LOG_BYTES = 8 << 20;

  /** No Secrets, and of ConfigMaps none but the mesh's. */
  private static final List<Resource> OF_THE_MESH =
      List.of(
          resource("", "Pod", "pods"),
          resource("", "Service", "services"),
          resource("", "ConfigMap", "configmaps"),
          resource("apps", "Deployment", "deployments"),
          resource("apps", "DaemonSet", "daemonsets"),
          resource("apps", "ReplicaSet", "replicasets"),
          resource("coordination.k8s.io", "Lease", "leases"),
          resource("", "Event", "events"));

  private final KubernetesClient client;
  private final ApiObjects objects;
  private final String rootNamespace;
  private final int logLines;

  /**
   * @param logLines of each container at most
   */
  public ClusterPieces(KubernetesClient client, String rootNamespace, int logLines) {
    this.client = client;
    this.objects = new ApiObjects(client, rootNamespace);
    this.rootNamespace = rootNamespace;
    this.logLines = logLines;
  }

  private static Resource resource(String group, String kind, String plural) {
    return new Resource(group, List.of("v1"), kind, plural, true);
  }

  /**
   * Adds all of it.
   *
   * @param meshObjects the kinds of other namespaces that say what the mesh is to do
   */
  public void addTo(BugReport report, List<Resource> meshObjects) throws IOException {
    for (Resource resource : OF_THE_MESH) {
      List<JsonNode> found =
          objects.list(resource).stream().filter(this::isOfRootNamespace).toList();
      report.addJson("mesh/" + resource.plural() + ".json", tidy(found));
      if (resource.kind().equals("Pod")) {
        for (JsonNode pod : found) {
          logs(report, pod);
        }
      }
    }
    for (Resource resource : meshObjects) {
      List<JsonNode> found = objects.list(resource);
      if (!found.isEmpty()) {
        report.addJson("objects/" + resource + ".json", tidy(found));
      }
    }
    for (String withheld : objects.withheld()) {
      report.add(
          "objects/" + withheld,
          () -> {
            throw new IllegalStateException("not with the rights of this user");
          });
    }
  }

  private boolean isOfRootNamespace(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    boolean here = metadata.path("namespace").asText().equals(rootNamespace);
    return here
        && (!object.path("kind").asText().equals("ConfigMap")
            || metadata.path("name").asText().startsWith("groundmesh"));
  }

  private void logs(BugReport report, JsonNode pod) throws IOException {
    String name = pod.path("metadata").path("name").asText();
    for (String field : List.of("initContainerStatuses", "containerStatuses")) {
      for (JsonNode status : pod.path("status").path(field)) {
        String container = status.path("name").asText();
        String path = "logs/" + name + '/' + container;
        report.add(path + ".log", () -> log(name, container, false));
        if (status.path("restartCount").asInt() > 0) {
          report.add(path + ".previous.log", () -> log(name, container, true));
        }
      }
    }
  }

  private String log(String pod, String container, boolean previous) {
    String text =
        client.raw(
            "/api/v1/namespaces/"
                + rootNamespace
                + "/pods/"
                + pod
                + "/log?container="
                + container
                + "&timestamps=true&tailLines="
                + logLines
                + "&limitBytes="
                + LOG_BYTES
                + (previous ? "&previous=true" : ""));
    return text == null ? "" : text;
  }

  /** Without what other programs keep in objects, which may be anything. */
  private static ArrayNode tidy(List<JsonNode> found) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (JsonNode object : found) {
      if (object.path("metadata") instanceof ObjectNode metadata) {
        metadata.remove("managedFields");
        if (metadata.path("annotations") instanceof ObjectNode annotations) {
          annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
      }
      array.add(object);
    }
    return array;
  }
}
