package dev.groundmesh.nodeagent.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * The plugin's part of a network configuration, and how it comes into one and out again. Pure: what
 * else is in a configuration stays as it is.
 */
final class PluginConfig {
  static final String TYPE = "groundmesh-cni";

  private final ObjectMapper json = new ObjectMapper();
  private final ObjectNode plugin;

  /**
   * @param excludedNamespaces whose pods always start
   */
  PluginConfig(Path socket, Path namespacesFile, Set<String> excludedNamespaces) {
    plugin = json.createObjectNode();
    plugin.put("type", TYPE);
    plugin.put("socket", socket.toString());
    plugin.put("namespacesFile", namespacesFile.toString());
    ArrayNode excluded = plugin.putArray("excludedNamespaces");
    new TreeSet<>(excludedNamespaces).forEach(excluded::add);
  }

  /**
   * A list of plugins with this one at its end.
   *
   * @param list a list, {@code .conflist}
   * @return the same text if it is there already
   * @throws IOException if the text is no such list
   */
  String chainedInto(String list) throws IOException {
    ObjectNode root = object(list);
    ArrayNode plugins = plugins(root);
    if (!plugins.isEmpty()
        && plugins.get(plugins.size() - 1).equals(plugin)
        && count(plugins) == 1) {
      return list;
    }
    remove(plugins);
    plugins.add(plugin);
    return text(root);
  }

  /**
   * A list of one plugin and this one.
   *
   * @param single the configuration of one plugin, {@code .conf}
   * @throws IOException if the text is none
   */
  String chainedAfter(String single) throws IOException {
    ObjectNode only = object(single);
    if (!only.path("type").isTextual()) {
      throw new IOException("type: (missing) (expected: the configuration of a plugin)");
    }
    ObjectNode list = json.createObjectNode();
    JsonNode version = only.remove("cniVersion");
    JsonNode name = only.remove("name");
    list.set("cniVersion", version == null ? json.getNodeFactory().textNode("0.3.1") : version);
    list.set("name", name == null ? json.getNodeFactory().textNode("pods") : name);
    list.putArray("plugins").add(only).add(plugin);
    return text(list);
  }

  /**
   * A list of plugins without this one.
   *
   * @return the same text if it is not there
   */
  static String without(String list) throws IOException {
    PluginConfig none = new PluginConfig(Path.of("/"), Path.of("/"), Set.of());
    ObjectNode root = none.object(list);
    ArrayNode plugins = plugins(root);
    if (count(plugins) == 0) {
      return list;
    }
    remove(plugins);
    return none.text(root);
  }

  private ObjectNode object(String text) throws IOException {
    try {
      if (json.readTree(text) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new IOException(
          "not JSON: " + e.getOriginalMessage() + " (expected: a network configuration)", e);
    }
    throw new IOException("not an object (expected: a network configuration)");
  }

  private static ArrayNode plugins(ObjectNode root) throws IOException {
    if (root.get("plugins") instanceof ArrayNode plugins) {
      return plugins;
    }
    throw new IOException("plugins: (missing) (expected: a list)");
  }

  private static boolean isOurs(JsonNode plugin) {
    return plugin.path("type").asText().equals(TYPE);
  }

  private static int count(ArrayNode plugins) {
    int count = 0;
    for (JsonNode each : plugins) {
      count += isOurs(each) ? 1 : 0;
    }
    return count;
  }

  private static void remove(ArrayNode plugins) {
    for (int i = plugins.size() - 1; i >= 0; i--) {
      if (isOurs(plugins.get(i))) {
        plugins.remove(i);
      }
    }
  }

  private String text(ObjectNode root) throws IOException {
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root) + '\n';
  }
}
