package dev.groundmesh.nodeagent.cni;

import com.google.gson.FormattingStyle;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The plugin's part of a network configuration, and how it comes into one and out again. Pure: what
 * else is in a configuration stays as it is.
 */
final class PluginConfig {
  static final String TYPE = "groundmesh-cni";

  private final JsonObject plugin = new JsonObject();

  /**
   * @param excludedNamespaces whose pods always start
   */
  PluginConfig(Path socket, Path namespacesFile, Set<String> excludedNamespaces) {
    plugin.addProperty("type", TYPE);
    plugin.addProperty("socket", socket.toString());
    plugin.addProperty("namespacesFile", namespacesFile.toString());
    JsonArray excluded = new JsonArray();
    new TreeSet<>(excludedNamespaces).forEach(excluded::add);
    plugin.add("excludedNamespaces", excluded);
  }

  /**
   * A list of plugins with this one at its end.
   *
   * @param list a list, {@code .conflist}
   * @return the same text if it is there already
   * @throws IOException if the text is no such list
   */
  String chainedInto(String list) throws IOException {
    JsonObject root = object(list);
    JsonArray plugins = plugins(root);
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
    JsonObject only = object(single);
    if (!isText(only.get("type"))) {
      throw new IOException("type: (missing) (expected: the configuration of a plugin)");
    }
    JsonObject list = new JsonObject();
    JsonElement version = only.remove("cniVersion");
    JsonElement name = only.remove("name");
    list.add("cniVersion", version == null ? new JsonPrimitive("0.3.1") : version);
    list.add("name", name == null ? new JsonPrimitive("pods") : name);
    JsonArray plugins = new JsonArray();
    plugins.add(only);
    plugins.add(plugin);
    list.add("plugins", plugins);
    return text(list);
  }

  /**
   * A list of plugins without this one.
   *
   * @return the same text if it is not there
   */
  static String without(String list) throws IOException {
    JsonObject root = object(list);
    JsonArray plugins = plugins(root);
    if (count(plugins) == 0) {
      return list;
    }
    remove(plugins);
    return text(root);
  }

  private static JsonObject object(String text) throws IOException {
    JsonReader reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    try {
      JsonElement parsed = JsonParser.parseReader(reader);
      if (parsed.isJsonObject() && reader.peek() == JsonToken.END_DOCUMENT) {
        return parsed.getAsJsonObject();
      }
    } catch (JsonParseException | IOException e) {
      throw new IOException(
          "not JSON: " + e.getMessage() + " (expected: a network configuration)", e);
    }
    throw new IOException("not an object (expected: a network configuration)");
  }

  private static JsonArray plugins(JsonObject root) throws IOException {
    if (root.get("plugins") instanceof JsonArray plugins) {
      return plugins;
    }
    throw new IOException("plugins: (missing) (expected: a list)");
  }

  private static boolean isOurs(JsonElement plugin) {
    return plugin instanceof JsonObject object
        && isText(object.get("type"))
        && object.get("type").getAsString().equals(TYPE);
  }

  private static boolean isText(@Nullable JsonElement value) {
    return value instanceof JsonPrimitive primitive && primitive.isString();
  }

  private static int count(JsonArray plugins) {
    int count = 0;
    for (JsonElement each : plugins) {
      count += isOurs(each) ? 1 : 0;
    }
    return count;
  }

  private static void remove(JsonArray plugins) {
    for (int i = plugins.size() - 1; i >= 0; i--) {
      if (isOurs(plugins.get(i))) {
        plugins.remove(i);
      }
    }
  }

  private static String text(JsonObject root) {
    return new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setFormattingStyle(FormattingStyle.PRETTY)
            .create()
            .toJson(root)
        + '\n';
  }
}
