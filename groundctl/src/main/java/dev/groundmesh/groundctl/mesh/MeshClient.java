package dev.groundmesh.groundctl.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks the admin pages of a mesh. */
public final class MeshClient implements AutoCloseable {
  /** Enough to hide the way to a node, few enough for an API server that forwards them all. */
  private static final int ASKED_AT_ONCE = 16;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final MeshAccess access;
  private final SortedMap<String, String> failures = new TreeMap<>();

  public MeshClient(MeshAccess access) {
    this.access = access;
  }

  /** The nodes that have an agent. */
  public Set<String> nodes() {
    return access.agents().keySet();
  }

  /**
   * What went wrong so far at those of several pages that gave no answer, by node or controller.
   */
  public Map<String, String> failures() {
    return failures;
  }

  /** The controllers that there are. */
  public Set<String> controllerNames() {
    return access.controllers().keySet();
  }

  /**
   * The text that one controller answers.
   *
   * @throws MeshException if it does not answer, or there is none
   */
  public String controller(String name, String method, String path) {
    AdminPage page = access.controllers().get(name);
    if (page == null) {
      throw new MeshException(
          "controller: "
              + name
              + " (expected: one of "
              + String.join(", ", controllerNames())
              + ")",
          null);
    }
    return page.send(method, path);
  }

  /**
   * The answer of a controller's page, for what all of them know alike: the first that answers.
   *
   * @throws MeshException if none does
   */
  public JsonNode controller(String path) {
    MeshException last = null;
    for (AdminPage page : access.controllers().values()) {
      try {
        return json(page + path, page.send("GET", path));
      } catch (MeshException e) {
        last = e;
      }
    }
    throw last != null ? last : new MeshException("controller: none", null);
  }

  /**
   * The text that a controller answers to what only the holder of the admin token may ask.
   *
   * @throws MeshException if the first controller does not answer, or refuses
   */
  public String postToController(String path, String adminToken) {
    AdminPage page = access.controllers().values().iterator().next();
    return page.send("POST", path, adminToken);
  }

  /** The answers of all controllers' pages, by name; {@link #failures} has the others. */
  public SortedMap<String, JsonNode> controllers(String path) {
    return all(access.controllers(), path);
  }

  /** The answers of the agents' pages, by node; {@link #failures} has the others. */
  public SortedMap<String, JsonNode> agents(String path) {
    return all(access.agents(), path);
  }

  /**
   * The text that the agent of one node answers.
   *
   * @throws MeshException if it does not answer, or there is none
   */
  public String agent(String node, String method, String path) {
    AdminPage page = access.agents().get(node);
    if (page == null) {
      throw new MeshException(
          "node: " + node + " (expected: one of " + String.join(", ", nodes()) + ")", null);
    }
    return page.send(method, path);
  }

  private SortedMap<String, JsonNode> all(SortedMap<String, AdminPage> pages, String path) {
    SortedMap<String, Future<JsonNode>> asked = new TreeMap<>();
    SortedMap<String, JsonNode> answers = new TreeMap<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(ASKED_AT_ONCE, Thread.ofVirtual().factory())) {
      pages.forEach(
          (name, page) ->
              asked.put(name, threads.submit(() -> json(page + path, page.send("GET", path)))));
      for (Map.Entry<String, Future<JsonNode>> answer : asked.entrySet()) {
        try {
          answers.put(answer.getKey(), answer.getValue().get());
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof MeshException failure)) {
            throw new MeshException(answer.getKey() + ": " + e.getCause(), e);
          }
          failures.put(answer.getKey(), String.valueOf(failure.getMessage()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeshException("interrupted", e);
    }
    return answers;
  }

  private static JsonNode json(String asked, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new MeshException(asked + ": no JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public void close() {
    access.close();
  }
}
