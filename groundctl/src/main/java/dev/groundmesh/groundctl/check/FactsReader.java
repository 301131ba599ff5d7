package dev.groundmesh.groundctl.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.groundctl.kube.ApiObjects;
import dev.groundmesh.groundctl.kube.ApiObjects.Resource;
import dev.groundmesh.groundctl.kube.KubeContext;
import dev.groundmesh.groundctl.mesh.ClusterAccess;
import dev.groundmesh.groundctl.mesh.MeshClient;
import dev.groundmesh.groundctl.mesh.MeshException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds out of a cluster what the checks want to know, with the user's own rights. */
public final class FactsReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What installing, and asking, take: verb, group and resource. */
  private static final Map<String, String[][]> PURPOSES =
      Map.of(
          "install",
          new String[][] {
            {"create", "", "namespaces"},
            {"create", "", "secrets"},
            {"create", "", "serviceaccounts"},
            {"create", "", "services"},
            {"create", "apps", "deployments"},
            {"create", "apps", "daemonsets"},
            {"create", "apiextensions.k8s.io", "customresourcedefinitions"},
            {"create", "rbac.authorization.k8s.io", "clusterroles"},
            {"create", "rbac.authorization.k8s.io", "clusterrolebindings"},
            {"create", "admissionregistration.k8s.io", "validatingwebhookconfigurations"}
          },
          "look into the mesh",
          new String[][] {
            {"get", "", "services"},
            {"get", "apps", "daemonsets"},
            {"list", "", "pods"},
            {"create", "", "pods/portforward"}
          });

  private final KubeContext context;
  private final KubernetesClient client;
  private final ApiObjects objects;
  private final String rootNamespace;

  /**
   * @param rootNamespace where the mesh is, or would be, installed
   */
  public FactsReader(KubeContext context, KubernetesClient client, String rootNamespace) {
    this.context = context;
    this.client = client;
    this.objects = new ApiObjects(client, rootNamespace);
    this.rootNamespace = rootNamespace;
  }

  /**
   * Reads.
   *
   * @throws KubernetesClientException if the API server cannot be asked at all
   */
  public ClusterFacts read() {
    String version = json("/version").path("gitVersion").asText();
    List<JsonNode> daemonSets = list("apps", "DaemonSet", "daemonsets");
    List<JsonNode> deployments = list("apps", "Deployment", "deployments");
    ClusterFacts facts =
        new ClusterFacts(
            version,
            rootNamespace,
            objects.list(new Resource("", List.of("v1"), "Node", "nodes", false)),
            objects.list(new Resource("", List.of("v1"), "Namespace", "namespaces", false)),
            daemonSets,
            deployments,
            webhooks(),
            podsOfTheMesh(),
            ciliumConfig(daemonSets),
            objects.list(
                new Resource(
                    "crd.projectcalico.org",
                    List.of("v1"),
                    "FelixConfiguration",
                    "felixconfigurations",
                    false)),
            apiGroups(),
            missingRights(),
            Optional.empty(),
            List.of(),
            objects.withheld());
    return facts.isInstalled() ? withAgents(facts) : facts;
  }

  private List<JsonNode> list(String group, String kind, String plural) {
    return objects.list(new Resource(group, List.of("v1"), kind, plural, true));
  }

  private List<JsonNode> webhooks() {
    List<JsonNode> webhooks = new ArrayList<>();
    for (String kind : List.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")) {
      webhooks.addAll(
          objects.list(
              new Resource(
                  "admissionregistration.k8s.io",
                  List.of("v1"),
                  kind,
                  kind.toLowerCase(Locale.ROOT) + 's',
                  false)));
    }
    return webhooks;
  }

  private List<JsonNode> podsOfTheMesh() {
    List<JsonNode> pods = new ArrayList<>();
    try {
      json("/api/v1/namespaces/" + rootNamespace + "/pods").path("items").forEach(pods::add);
    } catch (KubernetesClientException e) {
      // Then the rights that are missing are told among the rights.
      return List.of();
    }
    return pods;
  }

  private Map<String, String> ciliumConfig(List<JsonNode> daemonSets) {
    Map<String, String> config = new TreeMap<>();
    for (JsonNode daemonSet : daemonSets) {
      if (daemonSet.path("metadata").path("name").asText().equals("cilium")) {
        String namespace = daemonSet.path("metadata").path("namespace").asText();
        json("/api/v1/namespaces/" + namespace + "/configmaps/cilium-config")
            .path("data")
            .properties()
            .forEach(entry -> config.put(entry.getKey(), entry.getValue().asText()));
      }
    }
    return config;
  }

  private Map<String, Set<String>> apiGroups() {
    Map<String, Set<String>> groups = new TreeMap<>();
    for (JsonNode group : json("/apis").path("groups")) {
      Set<String> versions = new TreeSet<>();
      group.path("versions").forEach(version -> versions.add(version.path("version").asText()));
      groups.put(group.path("name").asText(), versions);
    }
    return groups;
  }

  private Map<String, List<String>> missingRights() {
    Map<String, List<String>> missing = new LinkedHashMap<>();
    PURPOSES.forEach(
        (purpose, rights) -> {
          List<String> refused = new ArrayList<>();
          for (String[] right : rights) {
            if (!may(right[0], right[1], right[2])) {
              refused.add(right[0] + ' ' + right[2]);
            }
          }
          missing.put(purpose, refused);
        });
    return missing;
  }

  private boolean may(String verb, String group, String resource) {
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SelfSubjectAccessReview");
    int slash = resource.indexOf('/');
    ObjectNode asked = review.putObject("spec").putObject("resourceAttributes");
    asked
        .put("verb", verb)
        .put("group", group)
        .put("resource", slash < 0 ? resource : resource.substring(0, slash))
        .put("namespace", rootNamespace);
    if (slash > 0) {
      asked.put("subresource", resource.substring(slash + 1));
    }
    String answer =
        client.raw(
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST", review.toString());
    return parse(answer).path("status").path("allowed").asBoolean();
  }

  private ClusterFacts withAgents(ClusterFacts facts) {
    try (MeshClient mesh = new MeshClient(new ClusterAccess(context, rootNamespace))) {
      Map<String, JsonNode> answers = mesh.controllers("/debug/agents");
      if (answers.isEmpty()) {
        return facts;
      }
      return new ClusterFacts(
          facts.version(),
          facts.rootNamespace(),
          facts.nodes(),
          facts.namespaces(),
          facts.daemonSets(),
          facts.deployments(),
          facts.webhooks(),
          facts.podsOfTheMesh(),
          facts.ciliumConfig(),
          facts.felixConfigurations(),
          facts.apiGroups(),
          facts.missingRights(),
          Optional.of(answers),
          pending(mesh),
          facts.unread());
    } catch (MeshException | KubernetesClientException e) {
      // Said by the check itself: it does not know of the agents.
      return facts;
    }
  }

  private static List<String> pending(MeshClient mesh) {
    Set<String> captured = new TreeSet<>();
    for (JsonNode workload : mesh.controller("/debug/workloads")) {
      if (workload.path("protocol").asText().equals("HBONE")) {
        captured.add(workload.path("uid").asText());
      }
    }
    List<String> pending = new ArrayList<>();
    for (JsonNode enrolment : mesh.controller("/debug/enrolments")) {
      if (enrolment.path("enrolled").asBoolean()
          && !captured.contains(enrolment.path("workloadUid").asText())) {
        pending.add(enrolment.path("namespace").asText() + '/' + enrolment.path("name").asText());
      }
    }
    return pending;
  }

  private JsonNode json(String path) {
    String text = client.raw(path);
    return text == null ? JsonNodeFactory.instance.missingNode() : parse(text);
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new KubernetesClientException("no JSON: " + e.getOriginalMessage(), e);
    }
  }
}
