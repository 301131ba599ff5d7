package dev.groundmesh.groundctl.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which mesh the commands speak to.
 *
 * @param controller its admin page
 * @param agents the agents' admin pages by node
 * @param manifests the controller's folder of manifests; null where it has none
 */
public record MeshContext(
    Endpoint controller, Map<String, Endpoint> agents, @Nullable Path manifests) {
  /** Where a mesh on one machine says how to reach it. */
  public static final Path DEFAULT_FILE = Path.of("/run/groundmesh/context.json");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** A controller and an agent of this machine and namespace, on their default ports. */
  public static final MeshContext LOCAL =
      new MeshContext(
          new Endpoint(null, URI.create("http://127.0.0.1:15014")),
          Map.of("localhost", new Endpoint(null, URI.create("http://127.0.0.1:15000"))),
          null);

  public MeshContext {
    agents = Map.copyOf(agents);
  }

  /**
   * Reads a context file.
   *
   * @throws MeshException naming the file and what is wrong with it
   */
  public static MeshContext read(Path file) {
    try {
      JsonNode root = JSON.readTree(file.toFile());
      Map<String, Endpoint> agents = new LinkedHashMap<>();
      for (JsonNode agent : root.path("agents")) {
        agents.put(agent.path("node").asText(), endpoint(agent, file));
      }
      JsonNode manifests = root.path("manifests");
      return new MeshContext(
          endpoint(root.path("controller"), file),
          agents,
          manifests.isTextual() ? Path.of(manifests.asText()) : null);
    } catch (IOException e) {
      throw new MeshException(file + ": " + e.getMessage(), e);
    }
  }

  private static Endpoint endpoint(JsonNode node, Path file) {
    String url = node.path("url").asText("");
    if (!url.startsWith("http://")) {
      throw new MeshException(file + ": url: " + url + " (expected: http://host:port)", null);
    }
    return new Endpoint(
        node.hasNonNull("netns") ? node.get("netns").asText() : null, URI.create(url));
  }

  /** Writes the file whole, for {@link #read}. */
  public void write(Path file) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    write(root.putObject("controller"), controller);
    ArrayNode list = root.putArray("agents");
    agents.forEach((node, endpoint) -> write(list.addObject().put("node", node), endpoint));
    if (manifests != null) {
      root.put("manifests", manifests.toString());
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path written = file.resolveSibling(file.getFileName() + ".new");
    JSON.writeValue(written.toFile(), root);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void write(ObjectNode node, Endpoint endpoint) {
    node.put("url", endpoint.url().toString());
    if (endpoint.netns() != null) {
      node.put("netns", endpoint.netns());
    }
  }
}
