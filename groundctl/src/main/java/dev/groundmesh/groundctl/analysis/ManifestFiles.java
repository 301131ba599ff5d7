package dev.groundmesh.groundctl.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads manifests, YAML and so JSON, and keeps where everything stands. */
public final class ManifestFiles {
  private static final int MAX_CODE_POINTS = 64 << 20;
  private static final int MAX_DEPTH = 200;

  /**
   * What was read.
   *
   * @param unreadable documents that are no objects
   */
  public record Contents(List<SourceObject> objects, List<Finding> unreadable) {
    public Contents {
      objects = List.copyOf(objects);
      unreadable = List.copyOf(unreadable);
    }
  }

  private final String defaultNamespace;
  private final List<SourceObject> objects = new ArrayList<>();
  private final List<Finding> unreadable = new ArrayList<>();

  private ManifestFiles(String defaultNamespace) {
    this.defaultNamespace = defaultNamespace;
  }

  /**
   * Reads files, and folders with all that is below them.
   *
   * @param defaultNamespace of objects that name none
   * @throws IOException if one does not exist
   */
  public static Contents read(List<Path> paths, String defaultNamespace) throws IOException {
    ManifestFiles files = new ManifestFiles(defaultNamespace);
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        try (Stream<Path> below = Files.walk(path)) {
          for (Path file : below.filter(ManifestFiles::isManifest).sorted().toList()) {
            files.read(file.toString(), Files.readString(file));
          }
        }
      } else {
        files.read(path.toString(), Files.readString(path));
      }
    }
    return files.contents();
  }

  /** Reads one text, such as standard input. */
  public static Contents read(String name, String text, String defaultNamespace) {
    ManifestFiles files = new ManifestFiles(defaultNamespace);
    files.read(name, text);
    return files.contents();
  }

  private Contents contents() {
    return new Contents(objects, unreadable);
  }

  private static boolean isManifest(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".")
        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"))
        && Files.isRegularFile(file);
  }

  private void read(String file, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file)
            .setUseMarks(true)
            .setCodePointLimit(MAX_CODE_POINTS)
            .build();
    try {
      for (Node document : new Compose(settings).composeAllFromString(text)) {
        if (!document.getTag().equals(Tag.NULL)) {
          document(file, document);
        }
      }
    } catch (MarkedYamlEngineException e) {
      Place place =
          e.getProblemMark()
              .map(mark -> new Place(file, mark.getLine() + 1, mark.getColumn() + 1))
              .orElse(new Place(file, 0, 0));
      unreadable(place, e.getProblem(), "YAML");
    } catch (YamlEngineException e) {
      unreadable(new Place(file, 0, 0), String.valueOf(e.getMessage()), "YAML");
    }
  }

  private void document(String file, Node node) {
    Positions positions = new Positions(file, node);
    if (!(node instanceof MappingNode mapping)) {
      unreadable(positions.of(""), "no mapping", "an object with apiVersion, kind and metadata");
      return;
    }
    JsonNode json;
    try {
      json = json(node, 0);
    } catch (IllegalArgumentException e) {
      unreadable(positions.of(""), String.valueOf(e.getMessage()), "an object of Kubernetes");
      return;
    }
    if (json.path("kind").asText().endsWith("List") && json.path("items").isArray()) {
      for (Node item : items(mapping)) {
        document(file, item);
      }
      return;
    }
    Optional<SourceObject> object = SourceObject.of(json, Optional.of(positions), defaultNamespace);
    object.ifPresentOrElse(
        objects::add,
        () ->
            unreadable(
                positions.of(""),
                "apiVersion, kind or metadata.name: (unset)",
                "an object with all three"));
  }

  private static List<Node> items(MappingNode list) {
    for (NodeTuple tuple : list.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key
          && key.getValue().equals("items")
          && tuple.getValueNode() instanceof SequenceNode items) {
        return items.getValue();
      }
    }
    return List.of();
  }

  private void unreadable(Place place, String found, String expected) {
    unreadable.add(
        new Finding(
            FindingCode.MANIFEST_UNREADABLE,
            new ObjectRef("", "Manifest", "", place.file()),
            "",
            found,
            expected,
            Optional.of(place)));
  }

  private static JsonNode json(Node node, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("values nested more than " + MAX_DEPTH + " deep");
    }
    return switch (node) {
      case MappingNode mapping -> {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (NodeTuple tuple : mapping.getValue()) {
          if (tuple.getKeyNode() instanceof ScalarNode key) {
            if (object.has(key.getValue())) {
              throw new IllegalArgumentException("field " + key.getValue() + " twice");
            }
            object.set(key.getValue(), json(tuple.getValueNode(), depth + 1));
          }
        }
        yield object;
      }
      case SequenceNode sequence -> {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Node element : sequence.getValue()) {
          array.add(json(element, depth + 1));
        }
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> JsonNodeFactory.instance.nullNode();
    };
  }

  private static JsonNode scalar(ScalarNode scalar) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    String text = scalar.getValue();
    if (scalar.getTag().equals(Tag.NULL)) {
      return json.nullNode();
    }
    if (scalar.getTag().equals(Tag.BOOL)) {
      return json.booleanNode(text.equalsIgnoreCase("true"));
    }
    try {
      if (scalar.getTag().equals(Tag.INT)) {
        return json.numberNode(new BigInteger(text));
      }
      if (scalar.getTag().equals(Tag.FLOAT)) {
        return json.numberNode(new BigDecimal(text));
      }
    } catch (NumberFormatException e) {
      // Such as 0x1f or .inf: what the API server makes of it is not ours to guess.
      return json.textNode(text);
    }
    return json.textNode(text);
  }
}
