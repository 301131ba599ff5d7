package dev.groundmesh.groundctl.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Asks the admin pages of a mesh. The pages are asked by curl: an agent's listens on its node's
 * localhost, which on one machine is a network namespace of its own, and a process can be started
 * in one more simply than this JVM can enter it.
 */
public final class MeshClient {
  private static final int LIMIT_SECONDS = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final MeshContext context;

  public MeshClient(MeshContext context) {
    this.context = context;
  }

  public MeshContext context() {
    return context;
  }

  /** The answer of the controller's page. */
  public JsonNode controller(String path) {
    return json(context.controller(), "GET", path);
  }

  /** The text that the controller's page answers to a POST. */
  public String postToController(String path) {
    return send(context.controller(), "POST", path);
  }

  /** The answers of the agents' pages, by node. */
  public Map<String, JsonNode> agents(String path) {
    Map<String, JsonNode> answers = new TreeMap<>();
    context.agents().forEach((node, endpoint) -> answers.put(node, json(endpoint, "GET", path)));
    return answers;
  }

  /** The text that the agent of one node answers. */
  public String agent(String node, String method, String path) {
    Endpoint endpoint = context.agents().get(node);
    if (endpoint == null) {
      throw new MeshException(
          "node: "
              + node
              + " (expected: one of "
              + String.join(", ", new TreeMap<>(context.agents()).keySet())
              + ")",
          null);
    }
    return send(endpoint, method, path);
  }

  private static JsonNode json(Endpoint endpoint, String method, String path) {
    String text = send(endpoint, method, path);
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new MeshException(endpoint + path + ": no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String send(Endpoint endpoint, String method, String path) {
    List<String> curl =
        List.of(
            "curl",
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--max-time",
            Integer.toString(LIMIT_SECONDS),
            "--request",
            method,
            endpoint.url() + path);
    String netns = endpoint.netns();
    List<String> command =
        netns == null
            ? curl
            : Stream.concat(Stream.of("ip", "netns", "exec", netns), curl.stream()).toList();
    try {
      Process process = new ProcessBuilder(command).start();
      process.getOutputStream().close();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_SECONDS + 1, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new MeshException(
            endpoint + path + ": no answer within " + LIMIT_SECONDS + " s", null);
      }
      if (process.exitValue() != 0) {
        throw new MeshException(endpoint + path + ": " + (error + " " + answer).strip(), null);
      }
      return answer;
    } catch (IOException e) {
      throw new MeshException(endpoint + path + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeshException(endpoint + path + ": interrupted", e);
    }
  }
}
