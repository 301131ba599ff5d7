package dev.groundmesh.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YamlTest {
  @Test
  void mapsNestByIndentation() {
    assertThat(Yaml.document(Map.of("metadata", Map.of("name", "web"))))
        .isEqualTo("metadata:\n  name: web\n");
  }

  @Test
  void listsOfMapsStartOnTheDash() {
    var port = new LinkedHashMap<String, Object>();
    port.put("name", "http");
    port.put("port", 80);

    assertThat(Yaml.document(Map.of("ports", List.of(port))))
        .isEqualTo("ports:\n- name: http\n  port: 80\n");
  }

  @Test
  void textThatWouldReadAsAnotherTypeIsQuoted() {
    assertThat(Yaml.document(Map.of("a", "true"))).isEqualTo("a: \"true\"\n");
    assertThat(Yaml.document(Map.of("a", "10.0.0.1"))).isEqualTo("a: \"10.0.0.1\"\n");
    assertThat(Yaml.document(Map.of("a", "fd00::1"))).isEqualTo("a: \"fd00::1\"\n");
    assertThat(Yaml.document(Map.of("a", "1"))).isEqualTo("a: \"1\"\n");
  }

  @Test
  void labelKeysStayPlain() {
    assertThat(Yaml.document(Map.of("istio.io/dataplane-mode", "ambient")))
        .isEqualTo("istio.io/dataplane-mode: ambient\n");
  }

  @Test
  void quotesAndLineEndsAreEscaped() {
    assertThat(Yaml.document(Map.of("a", "say \"x\"\\\n")))
        .isEqualTo("a: \"say \\\"x\\\"\\\\\\n\"\n");
  }

  @Test
  void emptyCollectionsStayOnTheirLine() {
    assertThat(Yaml.document(Map.of("labels", Map.of()))).isEqualTo("labels: {}\n");
  }

  @Test
  void documentsAreSeparated() {
    assertThat(Yaml.documents(List.of(Map.of("a", 1), Map.of("b", 2))))
        .isEqualTo("a: 1\n---\nb: 2\n");
  }
}
