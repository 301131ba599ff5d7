package dev.groundmesh.controller.definition;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A structural schema. Fields that no schema names are kept by the API server rather than dropped:
 * a policy whose misspelt part silently disappears would mean something else, while one that still
 * has it can be reported.
 */
final class Schema {

  private final Map<String, Object> parts = new LinkedHashMap<>();
  private final Map<String, Schema> fields = new LinkedHashMap<>();

  private Schema(String type) {
    parts.put("type", type);
  }

  static Schema string() {
    return new Schema("string");
  }

  static Schema time() {
    return string().with("format", "date-time");
  }

  static Schema integer(long low, long high) {
    return new Schema("integer").with("minimum", low).with("maximum", high);
  }

  static Schema port() {
    return integer(1, 65_535);
  }

  static <E extends Enum<E>> Schema oneOf(Class<E> type) {
    return string().with("enum", Arrays.stream(type.getEnumConstants()).map(Enum::name).toList());
  }

  static Schema list(Schema element) {
    Schema list = new Schema("array");
    list.parts.put("items", element.toMap());
    list.fields.put("[]", element);
    return list;
  }

  static Schema strings() {
    return list(string());
  }

  static Schema map(Schema value) {
    Schema map = new Schema("object");
    map.parts.put("additionalProperties", value.toMap());
    map.fields.put("*", value);
    return map;
  }

  static Schema object() {
    return new Schema("object").with("x-kubernetes-preserve-unknown-fields", true);
  }

  /** A number, or a text as some have written it. */
  static Schema count() {
    Schema count = new Schema("");
    count.parts.clear();
    return count
        .with("anyOf", List.of(Map.of("type", "integer"), Map.of("type", "string")))
        .with("x-kubernetes-int-or-string", true);
  }

  Schema field(String name, Schema schema) {
    fields.put(name, schema);
    return this;
  }

  Schema fields(Schema schema, String... names) {
    for (String name : names) {
      fields.put(name, schema);
    }
    return this;
  }

  Schema required(String... names) {
    return with("required", List.of(names));
  }

  Schema described(String text) {
    return with("description", text);
  }

  private Schema with(String name, Object value) {
    parts.put(name, value);
    return this;
  }

  /** The named fields; of a list its element as {@code []}, of a map its values as {@code *}. */
  Map<String, Schema> fields() {
    return fields;
  }

  boolean isObject() {
    return "object".equals(parts.get("type")) && !parts.containsKey("additionalProperties");
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(parts);
    if (isObject() && !fields.isEmpty()) {
      Map<String, Object> properties = new LinkedHashMap<>();
      fields.forEach((name, schema) -> properties.put(name, schema.toMap()));
      map.put("properties", properties);
    }
    return map;
  }
}
