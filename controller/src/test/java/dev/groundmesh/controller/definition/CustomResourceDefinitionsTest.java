package dev.groundmesh.controller.definition;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.groundmesh.controller.model.Kind;
import dev.groundmesh.controller.model.Problem;
import dev.groundmesh.controller.source.ApiObjectReader;
import dev.groundmesh.controller.source.ReadObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CustomResourceDefinitionsTest {

  private static final String NOBODYS = "fieldOfNobody";

  private final JsonNodeFactory json = JsonNodeFactory.instance;

  /** Every object of the schema gets a field that nobody knows; the reader names those it knows. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"AUTHORIZATION_POLICY", "PEER_AUTHENTICATION", "SERVICE_ENTRY", "WORKLOAD_ENTRY"})
  void schemaAndReaderKnowTheSameFields(Kind kind) {
    Map<String, String> inSchema = new TreeMap<>();
    ObjectNode object = json.objectNode();
    object.putObject("metadata").put("name", "a").put("namespace", "shop");
    object.set("spec", sample(Schemas.spec(kind), "spec", inSchema));

    ReadObject read = ApiObjectReader.read(kind, object).orElseThrow();

    List<Problem> problems = new ArrayList<>(read.errors());
    problems.addAll(read.warnings());
    Map<String, String> inReader = new TreeMap<>();
    for (Problem problem : problems) {
      if (problem.field().endsWith('.' + NOBODYS) && problem.value().equals("unknown field")) {
        inReader.put(problem.field(), problem.expected());
      }
    }
    assertThat(inReader).isEqualTo(inSchema);
  }

  private JsonNode sample(Schema schema, String path, Map<String, String> known) {
    Object type = schema.toMap().get("type");
    if (schema.isObject()) {
      ObjectNode object = json.objectNode();
      schema
          .fields()
          .forEach((name, field) -> object.set(name, sample(field, path + '.' + name, known)));
      object.put(NOBODYS, 1);
      known.put(
          path + '.' + NOBODYS,
          "one of " + String.join(", ", new TreeSet<>(schema.fields().keySet())));
      return object;
    }
    Schema element = schema.fields().get("[]");
    if (element != null) {
      ArrayNode array = json.arrayNode();
      return array.add(sample(element, path + "[0]", known));
    }
    Schema value = schema.fields().get("*");
    if (value != null) {
      ObjectNode map = json.objectNode();
      map.set("80", sample(value, path + ".80", known));
      return map;
    }
    return "integer".equals(type) ? json.numberNode(80) : json.textNode("a");
  }

  @Test
  void theChartHasWhatIsGenerated() throws IOException {
    for (Map.Entry<String, String> file : CustomResourceDefinitions.files().entrySet()) {
      Path inChart = Path.of("../daemonset/src/main/helm/groundmesh/crds", file.getKey());

      assertThat(Files.readString(inChart)).as(inChart.toString()).isEqualTo(file.getValue());
    }
  }

  @Test
  void theJarHasWhatIsGenerated() throws IOException {
    for (Map.Entry<String, String> file : CustomResourceDefinitions.files().entrySet()) {
      try (InputStream in = CustomResourceDefinitions.class.getResourceAsStream(file.getKey())) {
        assertThat(in).as(file.getKey()).isNotNull();
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo(file.getValue());
      }
    }
  }
}
