package dev.groundmesh.groundctl.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Objects of a cluster as the API server writes them, of any kind, page by page. Any thread may
 * ask.
 */
public final class ApiObjects {
  private static final int ASKED_AT_ONCE = 8;
  private static final int PAGE = 500;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A kind as the API's paths name it.
   *
   * @param group empty for the core
   * @param versions those to try, the preferred one first
   */
  public record Resource(
      String group, List<String> versions, String kind, String plural, boolean namespaced) {
    public Resource {
      versions = List.copyOf(versions);
    }

    @Override
    public String toString() {
      return group.isEmpty() ? plural : plural + '.' + group;
    }
  }

  private final KubernetesClient client;
  private final String ownNamespace;
  private final List<String> withheld = Collections.synchronizedList(new ArrayList<>());

  /**
   * @param ownNamespace what is listed where the user may not list all namespaces
   */
  public ApiObjects(KubernetesClient client, String ownNamespace) {
    this.client = client;
    this.ownNamespace = ownNamespace;
  }

  /** What the user may not list, or only in part: then what was read is not all there is. */
  public List<String> withheld() {
    return List.copyOf(withheld);
  }

  /** All objects of several kinds, asked for at once, in the order of the kinds. */
  public List<JsonNode> listAll(List<Resource> resources) {
    List<Future<List<JsonNode>>> asked = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(ASKED_AT_ONCE, Thread.ofVirtual().factory())) {
      resources.forEach(resource -> asked.add(threads.submit(() -> list(resource))));
      List<JsonNode> all = new ArrayList<>();
      for (Future<List<JsonNode>> answer : asked) {
        all.addAll(answer.get());
      }
      return all;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KubernetesClientException failure) {
        throw failure;
      }
      throw new KubernetesClientException("listing: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KubernetesClientException("interrupted", e);
    }
  }

  /** All objects of a kind; none where the cluster does not know the kind. */
  public List<JsonNode> list(Resource resource) {
    for (String version : resource.versions()) {
      try {
        Optional<List<JsonNode>> found = list(resource, version, "");
        if (found.isPresent()) {
          return found.get();
        }
      } catch (KubernetesClientException e) {
        if (e.getCode() != FORBIDDEN) {
          throw e;
        }
        return ofOwnNamespace(resource, version);
      }
    }
    return List.of();
  }

  /** What the first container of a Deployment is told; nothing where it cannot be read. */
  public Map<String, String> environment(String namespace, String deployment) {
    Map<String, String> environment = new HashMap<>();
    try {
      get("/apis/apps/v1/namespaces/" + namespace + "/deployments/" + deployment)
          .ifPresent(
              found ->
                  found
                      .at("/spec/template/spec/containers/0/env")
                      .forEach(
                          variable ->
                              environment.put(
                                  variable.path("name").asText(),
                                  variable.path("value").asText())));
    } catch (KubernetesClientException e) {
      if (e.getCode() != FORBIDDEN) {
        throw e;
      }
    }
    return environment;
  }

  private List<JsonNode> ofOwnNamespace(Resource resource, String version) {
    if (resource.namespaced()) {
      try {
        List<JsonNode> found = list(resource, version, ownNamespace).orElse(List.of());
        withheld.add(resource + " of other namespaces than " + ownNamespace);
        return found;
      } catch (KubernetesClientException e) {
        if (e.getCode() != FORBIDDEN) {
          throw e;
        }
      }
    }
    withheld.add(resource.toString());
    return List.of();
  }

  private Optional<List<JsonNode>> list(Resource resource, String version, String namespace) {
    String base =
        (resource.group().isEmpty() ? "/api/" : "/apis/" + resource.group() + '/')
            + version
            + (namespace.isEmpty() ? "" : "/namespaces/" + namespace)
            + '/'
            + resource.plural();
    List<JsonNode> objects = new ArrayList<>();
    String next = "";
    do {
      Optional<JsonNode> page = get(base + "?limit=" + PAGE + next);
      if (page.isEmpty()) {
        return Optional.empty();
      }
      for (JsonNode item : page.get().path("items")) {
        // A list says this once for all of its items.
        ((ObjectNode) item)
            .put(
                "apiVersion",
                resource.group().isEmpty() ? version : resource.group() + '/' + version)
            .put("kind", resource.kind());
        objects.add(item);
      }
      String token = page.get().path("metadata").path("continue").asText();
      next = token.isEmpty() ? "" : "&continue=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
    } while (!next.isEmpty());
    return Optional.of(objects);
  }

  private Optional<JsonNode> get(String path) {
    String text;
    try {
      text = client.raw(path);
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      throw new KubernetesClientException(path + ": no JSON: " + e.getOriginalMessage(), e);
    }
  }
}
