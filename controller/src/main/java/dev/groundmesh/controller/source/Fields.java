package dev.groundmesh.controller.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The fields of one mapping of a manifest. Reads them by name and type, notes what is wrong with
 * file, line and path, and knows which of them nobody asked for. A null value counts as absent.
 */
final class Fields {

  private final MappingNode node;
  private final String path;
  private final Problems problems;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> known = new HashSet<>();

  Fields(MappingNode node, String path, Problems problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
    for (NodeTuple tuple : node.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problems.error(tuple.getKeyNode(), path, "a field name");
        continue;
      }
      String name = key.getValue();
      if (keys.putIfAbsent(name, key) != null) {
        problems.error(key, at(name), name, "each field once");
      } else if (!tuple.getValueNode().getTag().equals(Tag.NULL)) {
        values.put(name, tuple.getValueNode());
      }
    }
  }

  /**
   * The fields of {@code node}, which must be a mapping; else there is an error and nothing to
   * read.
   */
  static Fields of(Node node, String path, Problems problems) {
    if (node instanceof MappingNode mapping) {
      return new Fields(mapping, path, problems);
    }
    problems.error(node, path, "a mapping");
    return empty(node, path, problems);
  }

  private static Fields empty(Node node, String path, Problems problems) {
    return new Fields(
        new MappingNode(
            Tag.MAP,
            true,
            List.of(),
            org.snakeyaml.engine.v2.common.FlowStyle.BLOCK,
            node.getStartMark(),
            node.getEndMark()),
        path,
        problems);
  }

  String path() {
    return path;
  }

  Problems problems() {
    return problems;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  Set<String> names() {
    return keys.keySet();
  }

  /** An error at the field, or at this mapping if the field is absent. */
  void error(String name, String value, String expected) {
    problems.error(nodeOf(name), at(name), value, expected);
  }

  void error(String expected) {
    problems.error(node, path, expected);
  }

  private Node nodeOf(String name) {
    Node value = values.get(name);
    return value != null ? value : node;
  }

  private @Nullable Node take(String name) {
    known.add(name);
    return values.get(name);
  }

  String string(String name) {
    Node value = take(name);
    return value == null ? "" : text(value, at(name));
  }

  String requiredString(String name) {
    String value = string(name);
    if (value.isEmpty()) {
      error(name, "", "a value that is not empty");
    }
    return value;
  }

  private String text(Node value, String where) {
    if (value instanceof ScalarNode scalar && scalar.getTag().equals(Tag.STR)) {
      return scalar.getValue();
    }
    problems.error(value, where, value instanceof ScalarNode ? "a string, in quotes" : "a string");
    return "";
  }

  /**
   * The text of a scalar of any type, for fields that Kubernetes writes both as numbers and as
   * strings.
   */
  String scalar(String name) {
    Node value = take(name);
    if (value == null) {
      return "";
    }
    if (value instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    problems.error(value, at(name), "a number or a string");
    return "";
  }

  int integer(String name, int low, int high, int absent) {
    Node value = take(name);
    return value == null ? absent : number(value, at(name), low, high, absent);
  }

  private int number(Node value, String where, int low, int high, int absent) {
    if (value instanceof ScalarNode scalar && scalar.getTag().equals(Tag.INT)) {
      try {
        long number = Long.parseLong(scalar.getValue());
        if (number >= low && number <= high) {
          return (int) number;
        }
      } catch (NumberFormatException e) {
        // Falls through to the error: no number in this range is that long.
      }
    }
    problems.error(value, where, "a number from " + low + " to " + high);
    return absent;
  }

  boolean bool(String name) {
    return bool(name, false);
  }

  boolean bool(String name, boolean absent) {
    Node value = take(name);
    if (value == null) {
      return absent;
    }
    if (value instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
      return scalar.getValue().equalsIgnoreCase("true");
    }
    problems.error(value, at(name), "true or false");
    return absent;
  }

  <E extends Enum<E>> E choice(String name, Class<E> type, E absent) {
    Node value = take(name);
    if (value == null) {
      return absent;
    }
    String text = text(value, at(name));
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(text)) {
        return constant;
      }
    }
    if (!text.isEmpty() || value instanceof ScalarNode) {
      problems.error(value, at(name), "one of " + String.join(", ", namesOf(type)));
    }
    return absent;
  }

  private static <E extends Enum<E>> List<String> namesOf(Class<E> type) {
    return Arrays.stream(type.getEnumConstants()).map(Enum::name).toList();
  }

  /** A nested mapping; absent reads as one without fields. */
  Fields object(String name) {
    Node value = take(name);
    return value == null ? empty(node, at(name), problems) : of(value, at(name), problems);
  }

  List<Fields> objects(String name) {
    List<Node> elements = elements(name);
    List<Fields> read = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      read.add(of(elements.get(i), at(name) + '[' + i + ']', problems));
    }
    return read;
  }

  List<String> strings(String name) {
    List<Node> elements = elements(name);
    List<String> read = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      String where = at(name) + '[' + i + ']';
      String value = text(elements.get(i), where);
      if (!value.isEmpty()) {
        read.add(value);
      } else if (elements.get(i) instanceof ScalarNode scalar && scalar.getTag().equals(Tag.STR)) {
        problems.error(scalar, where, "a value that is not empty");
      }
    }
    return read;
  }

  /** The elements of a list, whatever they are. */
  List<Node> nodes(String name) {
    return elements(name);
  }

  private List<Node> elements(String name) {
    Node value = take(name);
    if (value == null) {
      return List.of();
    }
    if (value instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    problems.error(value, at(name), "a list");
    return List.of();
  }

  Map<String, String> stringMap(String name) {
    if (take(name) == null) {
      return Map.of();
    }
    Fields fields = object(name);
    Map<String, String> read = new LinkedHashMap<>();
    for (String key : fields.values.keySet()) {
      read.put(key, fields.string(key));
    }
    return read;
  }

  Map<String, Integer> portMap(String name) {
    if (take(name) == null) {
      return Map.of();
    }
    Fields fields = object(name);
    Map<String, Integer> read = new LinkedHashMap<>();
    for (String key : fields.values.keySet()) {
      read.put(key, fields.integer(key, 1, 65535, 0));
    }
    return read;
  }

  /** Fields that exist and mean nothing to the mesh. */
  void ignore(String... names) {
    known.addAll(List.of(names));
  }

  /** Notes the fields that nobody asked for: what they say does not happen. */
  void warnUnknown() {
    for (Map.Entry<String, Node> key : keys.entrySet()) {
      if (!known.contains(key.getKey())) {
        problems.warn(key.getValue(), at(key.getKey()), "unknown field", expectedFields());
      }
    }
  }

  /** The same where leaving a field out would change what a policy means. */
  void rejectUnknown() {
    for (Map.Entry<String, Node> key : keys.entrySet()) {
      if (!known.contains(key.getKey())) {
        problems.error(key.getValue(), at(key.getKey()), "unknown field", expectedFields());
      }
    }
  }

  private String expectedFields() {
    return "one of " + String.join(", ", known.stream().sorted().toList());
  }

  private String at(String name) {
    return path.isEmpty() ? name : path + '.' + name;
  }
}
